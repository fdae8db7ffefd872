# What all figures share. Called with `call 'style.gnuplot' NAME WIDTH HEIGHT`; draws to
# OUT/NAME.svg or .png as the variable `kind` says, from DATA/*.dat.
if (kind eq "svg") {
  set terminal svg size ARG2, ARG3 font "Helvetica,13" background "white" enhanced
} else {
  set terminal pngcairo size 2 * ARG2, 2 * ARG3 fontscale 2 font "Helvetica,9.5" linewidth 2 \
    background "white" enhanced
}
# Captions are smaller than what they explain, in both kinds.
caption = kind eq "svg" ? ",11" : ",8"
set output out . "/" . ARG1 . "." . kind
set datafile missing "?"
set border 3 linecolor "#808080"
set tics nomirror textcolor "#202020"
set grid ytics linecolor "#e4e4e4" linewidth 1
set key noautotitle spacing 1.15
set lmargin 9

# Colours that people with any colour vision can tell apart (Okabe and Ito).
set linetype 1 linecolor "#808080" linewidth 2 dashtype 3 pointtype 0
set linetype 2 linecolor "#000000" linewidth 2 dashtype 2 pointtype 0
set linetype 3 linecolor "#0072b2" linewidth 2.4 pointtype 7 pointsize 0.5
set linetype 4 linecolor "#009e73" linewidth 2.4 pointtype 5 pointsize 0.5
set linetype 5 linecolor "#d55e00" linewidth 2.4 pointtype 9 pointsize 0.6

label_ideal = "ideal single queue, nothing costs anything"
label_cost = "ideal single queue, each call costs its lines"
label_first = "Wengen, first come"
label_fair = "Wengen, weighted fair, preemption after 50 µs"
label_static = "static partition: 4 cores for each service"
