module skydive

go 1.19
