# Tail latency against load, on a steady and on a shifting mix.
call 'style.gnuplot' 'tail-latency' 960 520
set multiplot
set logscale y
set yrange [80:11000]
set ytics ("100 µs" 100, "200 µs" 200, "500 µs" 500, "1 ms" 1000, "2 ms" 2000, "5 ms" 5000, "10 ms" 10000)
set xrange [0.1:0.9]
set xtics 0.1,0.2,0.9
set xlabel "load: share of the cores' time that the handlers alone need" offset 0, 0.4
set size 0.5, 0.77
set origin 0, 0.23
set title "steady: four services, the same share each"
set ylabel "99.9th percentile of latency"
plot for [i=2:6] data . "/tail-steady.dat" using 1:i with linespoints linetype i-1
set origin 0.5, 0.23
set title "shifting: one of the four has 70 %, every 5 ms another one"
unset ylabel
plot for [i=2:6] data . "/tail-shifting.dat" using 1:i with linespoints linetype i-1

# The key of both, and what was simulated.
unset title; unset xlabel; unset tics; unset border; unset grid; unset logscale
set origin 0, 0
set size 1, 0.24
set lmargin 1
set xrange [0:1]
set yrange [0:1]
set key at graph 0.03, 0.98 left top Left reverse maxrows 3 samplen 3
set label 1 "16 cores, TPC-C's service times (5.7 to 100 µs, mean 19 µs), Poisson arrivals, 150,000 calls a point.\nSimulated in process with the production NIC model; lines cost what they do on Enzian, 1.7 µs a call. Documentation/simulation.md" \
  at graph 0.01, 0.16 font caption textcolor "#404040"
plot for [i=1:5] NaN with linespoints linetype i title i == 1 ? label_ideal : i == 2 ? label_cost : \
  i == 3 ? label_first : i == 4 ? label_fair : label_static
unset multiplot
