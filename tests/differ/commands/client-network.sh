# Networks and volumes as the docker client handles them.
docker network create --label kind=net --subnet 10.213.7.0/24 --gateway 10.213.7.1 client-net
docker network create --internal client-inner
docker network ls --filter label=kind=net
docker network inspect client-net
docker run -d --name client-net-a --network client-net --network-alias first --ip 10.213.7.9 sockerless-test/busybox sleep 100
docker run --rm --network client-net sockerless-test/busybox nslookup -type=a first
docker network connect --alias second client-inner client-net-a
docker inspect client-net-a
docker network inspect client-net
docker network rm client-net || true
docker network disconnect client-inner client-net-a
docker rm -f client-net-a
docker network rm client-net client-inner
docker volume create --label kind=vol client-vol
docker volume ls --filter label=kind=vol
docker volume inspect client-vol
docker run --rm -v client-vol:/data --tmpfs /scratch sockerless-test/busybox sh -c 'echo kept > /data/f'
docker run --name client-vol-b -v client-vol:/data:ro sockerless-test/busybox cat /data/f
docker volume rm client-vol || true
docker rm -v client-vol-b
docker volume rm client-vol
docker volume prune -f
docker network prune -f
