# What a core costs that has nothing to do.
call 'style.gnuplot' 'idle-cost' 760 300
set logscale x
set xrange [100:5e10]
set yrange [-0.6:2.6]
set xtics ("100" 100, "1,000" 1000, "10⁴" 1e4, "10⁵" 1e5, "10⁶" 1e6, "10⁷" 1e7, "10⁸" 1e8, "10⁹" 1e9)
set ytics ("polling core,\ninstructions" 2, "parked core,\ninstructions" 1, "parked core,\ncoherence messages" 0)
set lmargin 20
set bmargin 6
unset grid
set grid xtics linecolor "#e4e4e4"
set xlabel "per second, logarithmic" offset 0, 0.3
set title "A core that waits: a load that is held, or a loop that polls"
set label 1 "A simulated second with one call for each core and then none, TRYAGAIN every 15 ms. A polling core at 2 GHz executes an instruction a cycle.\nDocumentation/simulation.md" \
  at screen 0.03, 0.115 font caption textcolor "#404040"
set style fill solid 0.85 noborder
file = data . "/idle.dat"
bar = 0.3
set label 2 at graph 0,0 ""
plot file using ($1):(2):(100):($1):(2-bar):(2+bar) with boxxyerror linecolor "#d55e00", \
  file using ($2):(1):(100):($2):(1-bar):(1+bar) with boxxyerror linecolor "#0072b2", \
  file using ($3):(0):(100):($3):(0-bar):(0+bar) with boxxyerror linecolor "#009e73", \
  file using ($1*1.3):(2):(sprintf("%.0f × 10⁹", $1/1e9)) with labels left font ",11", \
  file using ($2*1.3):(1):(sprintf("%.0f", $2)) with labels left font ",11", \
  file using ($3*1.3):(0):(sprintf("%.0f", $3)) with labels left font ",11"
