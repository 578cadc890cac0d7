# Containers as the docker client runs them, in the foreground and behind it.
docker run --rm sockerless-test/busybox echo one
docker run --name client-run-named sockerless-test/busybox sh -c 'echo out; echo err >&2; exit 3' || true
docker start -a client-run-named || true
docker run -d --name client-run-behind --label kind=behind -e A=1 -w /tmp --hostname here sockerless-test/busybox sleep 100
docker ps --filter label=kind=behind
docker ps -a --no-trunc --filter name=client-run
docker inspect client-run-behind
docker rename client-run-behind client-run-renamed
docker pause client-run-renamed
docker unpause client-run-renamed
docker top client-run-renamed
docker port client-run-renamed
docker diff client-run-renamed
docker stats --no-stream client-run-renamed
docker update --memory 64m --memory-swap 64m client-run-renamed
docker stop -t 0 client-run-renamed
docker start client-run-renamed
docker restart -t 0 client-run-renamed
docker kill client-run-renamed
docker wait client-run-renamed
docker commit -m words -c 'CMD ["true"]' client-run-renamed client-run:made
docker rm client-run-named client-run-renamed
docker rmi client-run:made
docker run --rm sockerless-test/busybox /no/such || true
docker run --rm sockerless-test/nosuch || true
