# Node and the packages that the operations page is built with; read with `.` after paths.sh.
# shellcheck shell=sh disable=SC2034

# Where a Node is that was fetched because the machine's own is too old: it goes first.
PATH=$SOCKERLESS_TOOLS/node/node_modules/node-bin/bin:$PATH
export PATH

# Packages as package-lock.json names them: another lock is another folder.
node_lock=${here:?}/../dashboard/package-lock.json
node_folder=$SOCKERLESS_TOOLS/dashboard/$(sha256sum "$node_lock" | cut -c1-16)
node_modules=$node_folder/node_modules
