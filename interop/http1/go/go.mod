module trilby.dev/interop/http1

go 1.26
