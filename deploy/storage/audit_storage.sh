#!/usr/bin/env bash
# Holds a vault's database against its contents on the disk, shows what takes how much, and has the vault itself look at all of it.
#
# Usage: bash audit_storage.sh [options]
#   --data DIRECTORY     the vault's data (default /data/cloudspace/vault)
#   --keys DIRECTORY     its keys (default /var/lib/cloudspace-keys)
#   --program PATH       the program (default cloudspace, on the PATH)
#   --quick              sizes and names only: do not open every content
#   --no-doctor          without the program, e.g. where the keys are not at hand
#   --dry-run            say what would be called, read nothing
#   --help
#
# Changes nothing; may run beside the server. Ends with 1 when something is wrong: a content that is missing or has another size, a
# finding of `cloudspace doctor --deep`. Contents without a row are no fault: the vault collects them after a day.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

data=/data/cloudspace/vault keys=/var/lib/cloudspace-keys program=cloudspace deep=--deep with_doctor=yes
while (($#)); do
    case "$1" in
        --data) data=$(value_of "$@"); shift 2 ;;
        --keys) keys=$(value_of "$@"); shift 2 ;;
        --program) program=$(value_of "$@"); shift 2 ;;
        --quick) deep=''; shift ;;
        --no-doctor) with_doctor=''; shift ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
need_absolute --data "$data"
need_absolute --keys "$keys"
database=${DATABASE_URL:-} bucket=${BLOB_STORE:-}
doctor=("$program" doctor --data "$data" --keys "$keys")
[[ -z $deep ]] || doctor+=("$deep")

say "=== Audit de stockage CloudSpace${DRY_RUN:+ (simulation)} ==="
say "Date : $(date)"
if [[ -n $DRY_RUN ]]; then
    run df -h "$data"
    [[ -n $database || -n $bucket ]] || run sqlite3 -readonly "$data/vault.db" 'SELECT … FROM blobs'
    [[ -z $with_doctor ]] || run "${doctor[@]}"
    exit
fi
[[ -d $data ]] || fail "$data n'existe pas"
wrong=0
size_text() { numfmt --to=iec-i --suffix=B "$1"; }

say ""
say "─── Espace disque ───"
df -h "$data"
say ""
say "─── Répartition ───"
for part in vault.db vault.db-wal blobs blobs/tmp; do
    [[ -e $data/$part ]] && printf '  %-14s %s\n' "$part" "$(du -sh "$data/$part" | awk '{ print $1 }')"
done

if [[ -z $bucket && -d $data/blobs ]]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # "name size", the name being the content's 32 hexadecimal digits.
    on_disk() { find "$data/blobs" -path "$data/blobs/tmp" -prune -o -type f -printf '%f %s\n' | LC_ALL=C sort; }
    say ""
    say "─── Envois inachevés de plus de 24 h ───"
    old=$(find "$data/blobs/tmp" -type f -mmin +1440 2>/dev/null | wc -l)
    if ((old > 0)); then say "  $old (le coffre les ramasse lui-même quand il tourne)"; else say "  Aucun. OK."; fi

    if [[ -z $database ]]; then
        command -v sqlite3 >/dev/null 2>&1 || fail "la commande « sqlite3 » manque sur cette machine"
        say ""
        say "─── Cohérence base ↔ disque ───"
        # The rows first: whatever they point at was written before them.
        sqlite3 -readonly -separator ' ' -cmd '.timeout 60000' "$data/vault.db" \
            'SELECT lower(hex(id)), sealed_size FROM blobs WHERE inline_content IS NULL' | LC_ALL=C sort >"$work/rows"
        on_disk >"$work/files"
        declared=$(awk '{ sum += $2 } END { printf "%d", sum }' "$work/rows")
        found=$(awk '{ sum += $2 } END { printf "%d", sum }' "$work/files")
        say "  Contenus en base   : $(wc -l <"$work/rows") ($(size_text "$declared"))"
        say "  Contenus sur disque: $(wc -l <"$work/files") ($(size_text "$found"))"
        LC_ALL=C comm -23 "$work/rows" "$work/files" >"$work/missing"
        # One that was purged while this ran is in neither by now.
        if [[ -s $work/missing ]]; then
            sqlite3 -readonly -separator ' ' -cmd '.timeout 60000' "$data/vault.db" \
                'SELECT lower(hex(id)), sealed_size FROM blobs WHERE inline_content IS NULL' | LC_ALL=C sort >"$work/rows"
            LC_ALL=C comm -12 "$work/missing" "$work/rows" >"$work/still"
            mv "$work/still" "$work/missing"
        fi
        missing=$(wc -l <"$work/missing")
        unknown=$(LC_ALL=C comm -13 <(cut -d ' ' -f 1 "$work/rows") <(cut -d ' ' -f 1 "$work/files") | wc -l)
        if ((missing > 0)); then
            wrong=1
            say "  ✗ $missing contenus manquent ou n'ont pas la bonne taille :"
            head -n 20 "$work/missing" | sed 's/^/      /'
        else
            say "  ✓ Chaque contenu de la base est sur le disque, avec sa taille."
        fi
        say "  Sur le disque sans ligne en base : $unknown (marque du coffre, envois en cours, restes d'une coupure)"
    fi
    say ""
    say "─── Top 10 des plus gros contenus ───"
    while read -r bytes name; do say "  $(size_text "$bytes")  $name"; done < <(
        find "$data/blobs" -path "$data/blobs/tmp" -prune -o -type f -printf '%s %f\n' | sort -rn | sed 10q
    )
fi

if [[ -n $with_doctor ]]; then
    say ""
    say "─── ${doctor[*]} ───"
    "${doctor[@]}" || wrong=1
fi
say ""
if ((wrong)); then
    say "=== Fin de l'audit : des anomalies ont été trouvées ==="
    exit 1
fi
say "=== Fin de l'audit : tout est en ordre ==="
