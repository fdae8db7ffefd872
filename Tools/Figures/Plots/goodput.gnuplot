# Goodput against what is offered.
call 'style.gnuplot' 'goodput' 760 440
set xrange [0:2.5]
set yrange [0:900]
set xtics 0,0.5,2.5
set bmargin 6
set xlabel "offered load: share of the cores' time that the handlers alone would need" offset 0, 0.3
set ylabel "answers within 300 µs, thousands a second"
set title "Overload: calls that would wait too long are refused when they come"
set key at graph 0.98, 0.5 right
set label 1 "16 cores, four services, TPC-C's service times, first come; refused calls cost no core anything.\nSimulated in process with the production NIC model and Enzian's line latencies. Documentation/simulation.md" \
  at screen 0.03, 0.08 font caption textcolor "#404040"
file = data . "/goodput.dat"
plot file using 1:($4/1000) with linespoints linetype 3 title "refused above an expected wait of 100 µs", \
  file using 1:($3/1000) with linespoints linetype 4 title "queues of 64 calls, no limit of the wait", \
  file using 1:($2/1000) with linespoints linetype 5 title "queues of 4,096 calls, no limit of the wait"
