#!/usr/bin/env bash
# Makes a Hetzner Cloud volume for the data of a CloudSpace Vault and attaches it to a server.
#
# Usage: bash hetzner_provision_storage.sh [options]      (needs the hcloud command, configured)
#   --size GB       100 by default, at least 10
#   --server NAME   cloudspace-vps by default
#   --name NAME     name of the volume (default cloudspace-data); one that exists is attached as it is
#   --dry-run       say what would be done, call nothing
#   --help
#
# The volume is neither formatted nor mounted here: setup_storage.sh does that, and refuses what is not empty.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

size=100 server=cloudspace-vps name=cloudspace-data
while (($#)); do
    case "$1" in
        --size) size=$(value_of "$@"); size=$(gigabytes "$size"); shift 2 ;;
        --server) server=$(value_of "$@"); shift 2 ;;
        --name) name=$(value_of "$@"); shift 2 ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
((size >= 10)) || fail "un volume Hetzner fait au moins 10 GB"
for word in "$server" "$name"; do [[ $word =~ ^[A-Za-z0-9._-]{1,64}$ ]] || fail "nom incorrect : $word"; done
need hcloud

if [[ -z $DRY_RUN ]] && hcloud volume describe "$name" >/dev/null 2>&1; then
    say "Volume « $name » déjà là."
    [[ -n $(hcloud volume describe "$name" -o format='{{if .Server}}oui{{end}}') ]] || run hcloud volume attach --server "$server" "$name"
else
    say "Création d'un volume Hetzner de $size GB..."
    run hcloud volume create --name "$name" --size "$size" --server "$server"
fi

device=/dev/disk/by-id/scsi-0HC_Volume_ID
[[ -n $DRY_RUN ]] || device=$(hcloud volume describe "$name" -o format='{{.LinuxDevice}}')
say "Volume « $name » sur $device"
say ""
say "Étape suivante, sur $server :"
say "  sudo bash setup_storage.sh --disk $device --size ${size}G"
