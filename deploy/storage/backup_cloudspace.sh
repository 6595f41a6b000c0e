#!/usr/bin/env bash
# Copies the data of a CloudSpace Vault: the rows first, then the contents, as sealed as they are. Made for cron, e.g.
#   0 2 * * * cloudspace bash backup_cloudspace.sh --data /data/cloudspace/vault --backups /backup/cloudspace
#
# Usage: bash backup_cloudspace.sh [options]
#   --data DIRECTORY      the vault's data (default /data/cloudspace/vault)
#   --backups DIRECTORY   where copies go, best on another disk (default /var/backups/cloudspace)
#   --keys DIRECTORY      where the keys are, to make sure that none of them gets into a copy (default /var/lib/cloudspace-keys)
#   --days N              how long copies are kept (default 30); the newest is always kept
#   --remote PLACE        also send the copy there: user@host:/path by rsync, or s3://bucket/path by the aws command
#   --dry-run             say what would be done, change nothing
#   --help
# With DATABASE_URL the rows are dumped from PostgreSQL; with BLOB_STORE the contents are in a bucket, which is copied by other means.
#
# A copy is whole or not there: it gets its name when it is complete. Unchanged contents are linked, so ten copies take hardly more
# place than one. Nothing is compressed: sealed bytes do not shrink. The keys are NOT in it: keep them apart, see docs/operations.
# What was purged stays readable, with the keys, as long as there is a copy from before: --days is a promise.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

data=/data/cloudspace/vault backups=/var/backups/cloudspace keys=/var/lib/cloudspace-keys days=30 remote=''
while (($#)); do
    case "$1" in
        --data) data=$(value_of "$@"); shift 2 ;;
        --backups) backups=$(value_of "$@"); shift 2 ;;
        --keys) keys=$(value_of "$@"); shift 2 ;;
        --days) days=$(value_of "$@"); shift 2 ;;
        --remote) remote=$(value_of "$@"); shift 2 ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
need_absolute --data "$data"
need_absolute --backups "$backups"
need_absolute --keys "$keys"
[[ $days =~ ^[1-9][0-9]{0,4}$ ]] || fail "--days : un nombre de jours"
if lies_in "$backups" "$data" || lies_in "$data" "$backups"; then fail "les sauvegardes et les données ne peuvent être l'une dans l'autre"; fi
if lies_in "$keys" "$data" || lies_in "$keys" "$backups"; then fail "les clés ($keys) ne doivent jamais être avec les données ou les sauvegardes"; fi
if [[ -n $remote && ! $remote =~ ^s3://[a-z0-9.-]+(/[A-Za-z0-9._/-]*)?$ && ! $remote =~ ^[A-Za-z0-9._@-]+:/[A-Za-z0-9._/-]*$ ]]; then
    fail "--remote : user@host:/chemin ou s3://bucket/chemin"
fi
database=${DATABASE_URL:-} bucket=${BLOB_STORE:-}
[[ -n $database || -n $DRY_RUN || -f $data/vault.db ]] || fail "pas de coffre dans $data (vault.db)"
if [[ -n $database ]]; then need pg_dump; else need sqlite3; fi
if [[ -z $bucket ]]; then need rsync; fi
for file in ring.sealed vault.key; do
    [[ -z $(find "$data" -name "$file" -print -quit 2>/dev/null) ]] || fail "des clés ($file) sont dans les données : rien n'est copié"
done

umask 077
date=$(date -u '+%Y-%m-%d_%H%M%S')
say "[$date] Début du backup CloudSpace${DRY_RUN:+ (simulation)}..."
run mkdir -p "$backups"
if [[ -z $DRY_RUN ]]; then
    exec 9>"$backups/.lock"
    flock --nonblock 9 || fail "une autre sauvegarde est en cours"
    if [[ -e $data && $(stat --format=%d "$backups") == "$(stat --format=%d "$data")" ]]; then
        warn "sauvegardes et données sont sur un même disque : sa perte les emporte ensemble"
    fi
    # What an interrupted run left.
    find "$backups" -mindepth 1 -maxdepth 1 -type d -name '????-??-??_??????.partial' -exec rm -rf -- {} +
fi
copy=$backups/$date.partial
run mkdir "$copy"

say "[1/4] Copie de la base de données..."
if [[ -n $database ]]; then
    # A password in the arguments could be read by everybody on the machine: libpq takes it from the environment.
    if [[ $database =~ ^(postgres(ql)?://[^:@/]*):([^@/]*)@(.*)$ ]]; then
        encoded=${BASH_REMATCH[3]//\\/\\\\} database=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
        printf -v PGPASSWORD '%b' "${encoded//%/\\x}"
        export PGPASSWORD
    fi
    run pg_dump --format=custom --compress=0 --no-owner --file="$copy/vault.dump" --dbname="$database"
elif [[ -n $DRY_RUN ]]; then
    run sqlite3 "$data/vault.db" ".backup '$copy/vault.db'"
else
    sqlite3 -cmd '.timeout 60000' "$data/vault.db" ".backup '$copy/vault.db'"
    [[ $(sqlite3 "$copy/vault.db" 'PRAGMA journal_mode = DELETE; PRAGMA quick_check(1)' | tail -n 1) == ok ]] || fail "la copie de la base est abîmée"
fi

# Rows first: a content is written before its row and deleted after it, so whatever the copied rows point at is still there.
say "[2/4] Copie des contenus..."
if [[ -n $bucket ]]; then
    say "  Les contenus sont dans $bucket : les copier après la base, par ex. rclone sync --immutable (docs/operations/engine-backups.md)."
else
    link=()
    [[ -d $backups/latest/blobs ]] && link=(--link-dest="$(realpath "$backups/latest/blobs")")
    # Contents never change: size and time are enough to tell. Some may go, purged, while they are copied (24).
    status=0
    run rsync --archive --exclude=/tmp/ "${link[@]}" "$data/blobs/" "$copy/blobs/" || status=$?
    ((status == 0 || status == 24)) || fail "rsync s'est arrêté avec le code $status"
fi

say "[3/4] Contrôle..."
if [[ -z $DRY_RUN ]]; then
    [[ -z $(find "$copy" \( -name ring.sealed -o -name vault.key \) -print -quit) ]] || fail "des clés sont dans la copie"
    (cd "$copy" && sha256sum vault.*) >"$copy/SHA256SUMS"
    sync --file-system "$copy/SHA256SUMS"
    mv "$copy" "$backups/$date"
    ln -sfn "$date" "$backups/latest"
else
    run mv "$copy" "$backups/$date"
fi

say "[4/4] Rotation des sauvegardes (rétention : $days jours)..."
limit=$(date -u -d "-$days days" '+%Y-%m-%d_%H%M%S')
removed=0
for old in "$backups"/????-??-??_??????; do
    name=$(basename "$old")
    [[ -d $old && ! -L $old && $name =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{6}$ ]] || continue
    if [[ $name < $limit && $name != "$date" ]]; then
        run rm -rf -- "$old"
        removed=$((removed + 1))
    fi
done
say "  $removed anciennes sauvegardes supprimées."

if [[ -n $remote ]]; then
    say "[Bonus] Envoi vers $remote..."
    if [[ $remote == s3://* ]]; then
        need aws
        run aws s3 sync "$backups/$date/" "${remote%/}/$date/" --only-show-errors
    else
        need rsync
        run rsync --archive --hard-links --delay-updates --link-dest=../latest "$backups/$date/" "${remote%/}/$date/"
    fi
fi

say ""
say "=== Backup terminé ==="
say "  Date       : $date"
[[ -n $DRY_RUN ]] || say "  Taille     : $(du -sh "$backups/$date" | awk '{ print $1 }')"
say "  Emplacement: $backups/$date"
say "  Les clés n'y sont pas : les garder ailleurs. L'essai : cloudspace doctor --deep sur une copie restaurée."
