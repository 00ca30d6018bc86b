// Command control is the tailnet side of the lab: one relay and any number of tailnets, each
// Tailscale's own control server for tests, with a small HTTP API by which a test plays the admin.
//
//	control -addr 10.77.0.1 -derp 3340 -api 8090 8080=mytailnet.ts.net 8081=othernet.ts.net
//
// The API names a tailnet by the first label of its domain. A key goes in a request's body, never in
// its URL, so that it stands in no argv and no log.
//
//	POST /mytailnet/key?state=valid|once|used|expired|revoked[&tags=tag:a,tag:b]   body: the key
//	POST /mytailnet/approval?required=true|false     new nodes wait for an admin, or no longer do
//	POST /mytailnet/approve?node=NAME                the admin approves a node
//	POST /mytailnet/rename?node=NAME&to=NAME         the admin renames a node
//	POST /mytailnet/tag?node=NAME&tags=tag:a,tag:b   the admin gives a node its tags
//	POST /mytailnet/expire?all=true|false            every node's own key is expired, and stays so, or no longer is
//	POST /mytailnet/keytags?only=true|false          tags come from the key alone, as headscale has it
//	GET  /mytailnet/nodes                            what this tailnet believes, as JSON
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"tailscale.com/derp/derpserver"
	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

func main() {
	addr := flag.String("addr", "10.77.0.1", "address to listen on")
	derpPort := flag.Int("derp", 3340, "port of the relay")
	apiPort := flag.Int("api", 8090, "port of the admin's API")
	flag.Parse()

	derpMap := serveRelay(*addr, *derpPort)
	api := http.NewServeMux()
	for _, arg := range flag.Args() {
		port, domain, ok := strings.Cut(arg, "=")
		if !ok {
			log.Fatalf("control: %q: want PORT=DOMAIN", arg)
		}
		host := net.JoinHostPort(*addr, port)
		tn := newTailnet(&testcontrol.Server{
			DERPMap:          derpMap,
			MagicDNSDomain:   domain,
			DNSConfig:        &tailcfg.DNSConfig{Proxied: true, Domains: []string{domain}}, // MagicDNS is on
			ExplicitBaseURL:  "http://" + host,
			AllNodesSameUser: true,
			Logf:             log.Printf,
		})
		name, _, _ := strings.Cut(domain, ".")
		api.Handle("/"+name+"/", http.StripPrefix("/"+name, tn.admin()))
		go func() { log.Fatal(http.Serve(listen(host), tn.server)) }()
	}
	log.Fatal(http.Serve(listen(net.JoinHostPort(*addr, strconv.Itoa(*apiPort))), api))
}

func listen(host string) net.Listener {
	ln, err := net.Listen("tcp", host)
	if err != nil {
		log.Fatalf("control: %v", err)
	}
	return ln
}

// serveRelay starts the one DERP relay. A client that knows of no relay never leaves "Starting".
func serveRelay(addr string, port int) *tailcfg.DERPMap {
	relay := httptest.NewUnstartedServer(derpserver.Handler(derpserver.New(key.NewNode(), logger.Discard)))
	relay.Listener.Close()
	relay.Listener = listen(net.JoinHostPort(addr, strconv.Itoa(port)))
	relay.StartTLS()
	return &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{1: {
		RegionID:   1,
		RegionCode: "lab",
		Nodes: []*tailcfg.DERPNode{{
			Name: "1a", RegionID: 1, HostName: addr, IPv4: addr, IPv6: "none",
			DERPPort: port, STUNPort: -1, InsecureForTests: true,
		}},
	}}}
}
