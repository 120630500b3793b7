# Ends the processes it was told of and removes a folder when its standard input closes, which also happens when whoever
# started it is killed. `+PID` is one more, `-PID` one that has ended already.
folder=$1
trap '' INT HUP TERM
pids=' '
while read -r line; do
    pid=${line#?}
    case $line in
        +*) pids="$pids$pid " ;;
        -*) pids=$(printf '%s' "$pids" | sed "s/ $pid / /") ; pids=" ${pids# }" ;;
    esac
done
for pid in $pids; do
    kill -CONT "$pid"
    kill -KILL "$pid"
done 2> /dev/null
rm -rf "$folder"
