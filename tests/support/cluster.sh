# Runs a throwaway PostgreSQL cluster until standard input closes, which also happens when whoever started it is killed.
# $1: folder, removed at the end   $2: PostgreSQL's programs   the rest: settings for the server
folder=$1 bin=$2
shift 2
umask 077
server=
end() {
    [ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; }
    rm -rf "$folder"
}
trap end EXIT
trap '' INT HUP
cd "$folder" || exit 1
"$bin/initdb" -D "$folder/data" -A trust -U tillgate -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 </dev/null || exit 1
"$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= "$@" >>"$folder/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
