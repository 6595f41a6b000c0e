#!/usr/bin/env bash
# Shows which disks of this machine could hold the data of a CloudSpace Vault. Changes nothing.
#
# Usage: bash generic_provision_storage.sh [--dry-run] [--help]
#
# Free is a whole disk without partitions that holds nothing and is mounted nowhere: exactly what setup_storage.sh --disk takes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

while (($#)); do
    case "$1" in
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
command -v lsblk >/dev/null 2>&1 || fail "la commande « lsblk » manque sur cette machine"

say "=== Disques disponibles ==="
say ""
lsblk --nodeps --output NAME,SIZE,TYPE,MOUNTPOINT,FSTYPE || true
say ""
say "=== Disques libres ==="
free=''
while read -r path size kind; do
    [[ $kind == disk && $size != 0B ]] || continue
    [[ $(lsblk --noheadings --output NAME "$path" 2>/dev/null | wc -l) == 1 ]] || continue
    [[ -z $(lsblk --noheadings --output MOUNTPOINT,FSTYPE "$path" | tr -d '[:space:]') ]] || continue
    free+="$path $size"$'\n'
done < <(lsblk --noheadings --raw --nodeps --paths --output NAME,SIZE,TYPE 2>/dev/null || true)
if [[ -z $free ]]; then
    say "Aucun disque libre trouvé."
    say ""
    say "Si vous utilisez le stockage local, exécutez simplement :"
    say "  sudo bash setup_storage.sh"
else
    printf '%s' "$free"
    say ""
    say "Pour utiliser un de ces disques, exécutez :"
    say "  sudo bash setup_storage.sh --disk /dev/VOTRE_DISQUE --size TAILLE"
fi
