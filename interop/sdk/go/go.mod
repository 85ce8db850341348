module trilby.dev/interop/sdk

go 1.26.4

require (
	github.com/dapr/go-sdk v1.15.0
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260401024825-9d38bb4040a9
	google.golang.org/grpc v1.80.0
)
