module eyas

go 1.26.0
