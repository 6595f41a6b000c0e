#!/usr/bin/env bash
# Notes how full the disk of a vault is, and says so aloud from a threshold on. Called by cron.
#
# Usage: check_disk_space.sh --mount DIRECTORY [--threshold PERCENT] [--email ADDRESS] [--dry-run]
set -euo pipefail

mount_point='' threshold=85 email='' dry_run=''
while (($#)); do
    case "$1" in
        --mount) mount_point=${2:?}; shift 2 ;;
        --threshold) threshold=${2:?}; shift 2 ;;
        --email) email=${2:?}; shift 2 ;;
        --dry-run) dry_run=yes; shift ;;
        -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit ;;
        *) echo "Option inconnue : $1" >&2; exit 2 ;;
    esac
done
[[ -d $mount_point ]] || { echo "ERREUR : $mount_point n'existe pas" >&2; exit 1; }

usage=$(df --output=pcent "$mount_point" | tail -n 1 | tr -dc '0-9')
read -r used total available < <(df -h --output=used,size,avail "$mount_point" | tail -n 1)
line="$(date '+%Y-%m-%d %H:%M:%S') | Usage: $usage% | Used: $used / $total | Available: $available"
if [[ -n $dry_run ]]; then
    echo "$line"
else
    log=$mount_point/logs/disk_usage.log
    echo "$line" >>"$log"
    if (($(wc -l <"$log") > 1000)); then
        tail -n 500 "$log" >"$log.new"
        mv "$log.new" "$log"
    fi
fi

if ((usage >= threshold)); then
    message="ALERTE : l'espace disque CloudSpace est à $usage % (seuil : $threshold %), $available disponibles sur $mount_point"
    echo "$message" >&2
    if [[ -z $dry_run ]]; then
        if command -v logger >/dev/null 2>&1; then logger -t cloudspace-storage "$message" || true; fi
        if [[ -n $email ]] && command -v mail >/dev/null 2>&1; then
            printf '%s\n' "$message" | mail -s "[CloudSpace] Espace disque à $usage %" "$email"
        fi
    fi
fi
