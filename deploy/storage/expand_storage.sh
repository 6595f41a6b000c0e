#!/usr/bin/env bash
# Lets the filesystem of a vault's disk grow into what the provider has added to the volume. The vault goes on serving.
#
# Usage: sudo bash expand_storage.sh [options]
#   --disk DEVICE      the mounted device; by default the one that is mounted there
#   --new-size SIZE    what the volume should have now, e.g. 200G: refused when it does not
#   --mount DIRECTORY  where it is mounted (default /data/cloudspace)
#   --dry-run          say what would be done, change nothing
#   --help
#
# Before that, at the provider: aws ec2 modify-volume, hcloud volume resize, doctl compute volume-action resize.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

disk='' mount_point=/data/cloudspace new_size=''
while (($#)); do
    case "$1" in
        --disk) disk=$(value_of "$@"); shift 2 ;;
        --new-size) new_size=$(value_of "$@"); new_size=$(gigabytes "$new_size"); shift 2 ;;
        --mount) mount_point=$(value_of "$@"); shift 2 ;;
        --dry-run) DRY_RUN=yes; shift ;;
        -h | --help) usage; exit ;;
        *) unknown_option "$1" ;;
    esac
done
need_absolute --mount "$mount_point"
[[ -z $disk || $disk == /dev/* ]] || fail "--disk : un périphérique de /dev attendu ($disk)"
need_root

say "=== Expansion du stockage CloudSpace${DRY_RUN:+ (simulation)} ==="
if [[ -n $DRY_RUN ]] && ! mountpoint --quiet "$mount_point" 2>/dev/null; then
    warn "$mount_point n'est pas monté ici ; voici ce qui serait fait sur ext4"
    run growpart DISQUE PARTITION
    run resize2fs "${disk:-DISQUE}"
    exit
fi
mountpoint --quiet "$mount_point" 2>/dev/null || fail "$mount_point n'est pas monté."
mounted=$(findmnt --noheadings --output SOURCE --target "$mount_point")
kind=$(findmnt --noheadings --output FSTYPE --target "$mount_point")
disk=${disk:-$mounted}
[[ -b $disk ]] || fail "$disk n'existe pas."
[[ $(realpath "$disk") == "$(realpath "$mounted")" ]] || fail "$mount_point est sur $mounted, pas sur $disk"
case "$kind" in
    ext4) need resize2fs blockdev ;;
    xfs) need xfs_growfs blockdev ;;
    *) fail "système de fichiers $kind : seuls ext4 et xfs grandissent ainsi" ;;
esac

say "État actuel :"
df -h "$mount_point"
device=$(realpath "$disk")
partition=/sys/class/block/$(basename "$device")/partition
if [[ -e $partition ]]; then
    # A partition has to grow first; on NVMe its name is not that of the disk with a number behind it.
    parent=/dev/$(lsblk --noheadings --nodeps --output PKNAME "$device" | head -n 1)
    need growpart
    say "Redimensionnement de la partition..."
    # 1: it has all of the disk already.
    status=0
    run growpart "$parent" "$(cat "$partition")" || status=$?
    ((status <= 1)) || fail "growpart s'est arrêté avec le code $status"
fi

device_size=$(blockdev --getsize64 "$device")
[[ -z $new_size ]] || ((device_size >= new_size * 1024 * 1024 * 1024 * 99 / 100)) ||
    fail "$disk n'a que $((device_size / 1024 / 1024 / 1024)) GB : le volume a-t-il été redimensionné chez le fournisseur ?"
say "Redimensionnement du filesystem $kind à chaud..."
before=$(df --output=size -k "$mount_point" | tail -n 1 | tr -d ' ')
if [[ $kind == ext4 ]]; then run resize2fs "$device"; else run xfs_growfs "$mount_point"; fi
after=$(df --output=size -k "$mount_point" | tail -n 1 | tr -d ' ')
say ""
say "Nouvel état :"
df -h "$mount_point"
if ((after > before)); then
    say "Expansion terminée : $(((after - before) / 1024)) MB de plus."
elif [[ -z $DRY_RUN ]]; then
    say "Le filesystem utilise déjà tout l'espace du disque."
fi
