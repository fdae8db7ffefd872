#!/bin/bash
# Draws the figures: figures.sh DATA OUT. Each script of Tools/Figures/Plots but style.gnuplot draws
# one, as SVG and PNG, from the files that wengen-figures has written to DATA.
set -euo pipefail
data=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/../Figures/Plots"
for plot in *.gnuplot; do
  [[ $plot != style.gnuplot ]] || continue
  for kind in svg png; do
    gnuplot -e "data='$data'; out='$out'; kind='$kind'" "$plot"
  done
done
