module example.com/unique

go 1.19
