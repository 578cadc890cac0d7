# Execs, logs and copies as the docker client does them.
docker run -d --name client-exec sockerless-test/busybox sh -c 'echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three; sleep 100'
docker exec client-exec sh -c 'sleep 1; echo inside'
docker exec -d client-exec touch /behind
docker exec -u 1000 -w /tmp -e B=2 client-exec sh -c 'id -u; pwd; echo $B; exit 4' || true
docker exec client-exec /no/such || true
docker logs client-exec
docker logs -t --tail 1 client-exec
docker logs --since 10m client-exec
docker cp client-exec.sh client-exec:/tmp/copied
docker cp client-exec:/tmp/copied - > /dev/null
docker cp client-exec:/no/such - > /dev/null || true
docker export client-exec > /dev/null
docker rm -f client-exec
docker logs client-exec || true
