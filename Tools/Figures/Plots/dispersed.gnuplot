# Short calls beside long ones.
call 'style.gnuplot' 'short-and-long' 960 500
set multiplot
set logscale y
set xrange [0.1:0.9]
set xtics 0.1,0.2,0.9
set xlabel "load: share of the cores' time that the handlers alone need" offset 0, 0.4
set size 0.5, 0.78
set origin 0, 0.22
set yrange [1:10000]
set ytics ("1 µs" 1, "10 µs" 10, "100 µs" 100, "1 ms" 1000, "10 ms" 10000)
set title "GET, 1.5 µs"
set ylabel "99.9th percentile of latency"
plot for [i=2:6] data . "/tail-dispersed.dat" using 1:i with linespoints linetype i-1
set origin 0.5, 0.22
set yrange [500:200000]
set ytics ("1 ms" 1000, "10 ms" 10000, "100 ms" 100000)
set title "SCAN, 635 µs"
unset ylabel
plot for [i=2:6] data . "/tail-dispersed.dat" using 1:(column(i+5)) with linespoints linetype i-1
unset title; unset xlabel; unset tics; unset border; unset grid; unset logscale
set origin 0, 0
set size 1, 0.26
set lmargin 1
set xrange [0:1]
set yrange [0:1]
set key at graph 0.03, 0.98 left top Left reverse maxrows 3 samplen 3
set label 1 "16 cores, RocksDB's GET and SCAN as services of their own with half of the calls each, 100,000 calls a point.\nA partition protects GETs; its SCANs have too few cores above load 0.5.\nSimulated in process with the production NIC model; lines cost what they do on Enzian. Documentation/simulation.md" \
  at graph 0.01, 0.22 font caption textcolor "#404040"
plot for [i=1:5] NaN with linespoints linetype i title i == 1 ? label_ideal : i == 2 ? label_cost : \
  i == 3 ? label_first : i == 4 ? label_fair : "static partition: 8 cores for each service"
unset multiplot
