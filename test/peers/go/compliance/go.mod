module hearth/test/peers/compliance

go 1.26.0

replace (
	// The suite calls itself otherwise than where it is.
	github.com/prometheus/complicance/remotewrite2 => github.com/prometheus/compliance/remotewrite/receiver v0.0.0-20260806071727-67b8327a2e93
	// Made to be compiled, and never used: see ../stand-ins.
	github.com/prometheus/sigv4 => ../stand-ins/sigv4
	google.golang.org/api => ../stand-ins/google-api
)

// In the versions of ../current, so that they are compiled for both at once.
require (
	cloud.google.com/go/auth v0.24.1-0.20261001053825-dbc26066f70a
	cloud.google.com/go/auth/oauth2adapt v0.3.0
	cloud.google.com/go/compute/metadata v0.10.0
	github.com/Azure/azure-sdk-for-go/sdk/azcore v1.23.3
	github.com/Azure/azure-sdk-for-go/sdk/azidentity v1.15.0
	github.com/Azure/azure-sdk-for-go/sdk/internal v1.13.0
	github.com/AzureAD/microsoft-authentication-library-for-go v1.10.1
	github.com/aws/aws-sdk-go-v2 v1.47.3
	github.com/aws/aws-sdk-go-v2/config v1.33.9
	github.com/aws/aws-sdk-go-v2/credentials v1.20.9
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.3
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.6
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.6
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.21
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.6
	github.com/aws/aws-sdk-go-v2/service/signin v1.10.4
	github.com/aws/aws-sdk-go-v2/service/sso v1.38.4
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.43.4
	github.com/aws/aws-sdk-go-v2/service/sts v1.51.4
	github.com/aws/smithy-go v1.28.5
	github.com/felixge/httpsnoop v1.1.0
	github.com/go-logr/logr v1.4.4
	github.com/google/s2a-go v0.1.11
	github.com/googleapis/enterprise-certificate-proxy v0.3.23
	github.com/googleapis/gax-go/v2 v2.26.2
	github.com/prometheus/client_model v0.6.3
	github.com/prometheus/procfs v0.22.0
	github.com/stretchr/testify v1.12.1
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72.0
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/metric v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
	golang.org/x/crypto v0.58.0
	golang.org/x/net v0.62.0
	golang.org/x/oauth2 v0.37.0
	golang.org/x/sys v0.49.0
	golang.org/x/text v0.43.0
	golang.org/x/time v0.16.0
	google.golang.org/api v0.305.0
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261012220534-4341edf3f941
	google.golang.org/grpc v1.85.0
	google.golang.org/protobuf v1.36.12
)

require github.com/prometheus/complicance/remotewrite2 v0.0.0 // indirect
