# Cores per service over time.
call 'style.gnuplot' 'cores-over-time' 960 400
set xrange [0:20]
set yrange [0:16]
set ytics 0,4,16
set xlabel "time, ms" offset 0, 0.3
set ylabel "cores that run a worker of the service"
set bmargin 6
set key outside right center reverse Left
set style fill solid 0.85 noborder
set arrow 1 from 5,0 to 5,16 nohead dashtype 3 linecolor "#404040" front
set arrow 2 from 10,0 to 10,16 nohead dashtype 3 linecolor "#404040" front
set arrow 3 from 15,0 to 15,16 nohead dashtype 3 linecolor "#404040" front
set title "Cores follow the load: 70 % of the calls are for another service every 5 ms"
set label 1 "16 cores at load 0.7, TPC-C's service times, first come; means over 100 µs. No core is given away while nobody else wants it.\nSimulated in process with the production NIC model and Enzian's line latencies. Documentation/simulation.md" \
  at screen 0.03, 0.085 font caption textcolor "#404040"
file = data . "/cores.dat"
plot file using 1:($2+$3+$4+$5) with filledcurves y1=0 linecolor "#cc79a7" title "service 4", \
  file using 1:($2+$3+$4) with filledcurves y1=0 linecolor "#009e73" title "service 3", \
  file using 1:($2+$3) with filledcurves y1=0 linecolor "#e69f00" title "service 2", \
  file using 1:2 with filledcurves y1=0 linecolor "#0072b2" title "service 1"
