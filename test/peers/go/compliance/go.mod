module hearth/test/peers/compliance

go 1.25.0

// The suite calls itself otherwise than where it is.
replace github.com/prometheus/complicance/remotewrite2 => github.com/prometheus/compliance/remotewrite/receiver v0.0.0-20260806071727-67b8327a2e93

require github.com/prometheus/complicance/remotewrite2 v0.0.0 // indirect
