# A project from up to down, as docker compose handles it.
docker-compose -f compose/compose.yaml -p differ up -d
docker-compose -f compose/compose.yaml -p differ ps -a
docker-compose -f compose/compose.yaml -p differ logs --no-color
docker-compose -f compose/compose.yaml -p differ exec -T web echo inside
docker-compose -f compose/compose.yaml -p differ up -d --scale web=2
docker-compose -f compose/compose.yaml -p differ restart -t 0 web
docker-compose -f compose/compose.yaml -p differ stop -t 0
docker-compose -f compose/compose.yaml -p differ down -v -t 0
