# Builds with the classic builder, and images, as the docker client handles them.
docker build -t client-build:one build
docker build -t client-build:two --build-arg WORD=other --label made=by-hand build
docker build -q -t client-build:three build
docker build --target first -t client-build:first build
docker build -f nosuch build || true
docker images client-build
docker image inspect client-build:one
docker history client-build:one
docker tag client-build:one client-build:again
docker save client-build:one > /dev/null
docker rmi client-build:again client-build:first
docker rmi client-build:one client-build:two client-build:three
docker image prune -f
docker builder prune -f
