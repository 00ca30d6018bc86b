package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
)

// What a refused client is told, per state of its key. A key that was never made known reads as "".
var refusals = map[string]string{
	"":        "invalid authkey",
	"revoked": "invalid authkey",
	"expired": "authkey expired",
	"used":    "authkey already used",
}

type authKey struct {
	state string   // valid, once (becomes used), or one of refusals
	tags  []string // given to every node that joins by it
}

// tailnet is one control server with what it lacks: many keys, tags, unique names, an admin.
type tailnet struct {
	server *testcontrol.Server

	// mu is held while a client registers or updates itself, so that nothing the admin or this
	// file changes on a node is overwritten by an older copy of that node.
	mu          sync.Mutex
	keys        map[string]*authKey
	keyTagsOnly bool // tags come from keys; a client that asks for any is refused
}

func newTailnet(server *testcontrol.Server) *tailnet {
	tn := &tailnet{server: server, keys: map[string]*authKey{}}
	tn.intercept()
	return tn
}

// intercept puts tn in front of what the control server does for an authenticated client. There is no
// hook for that: clients speak through an encrypted channel whose far end is a private field.
func (tn *tailnet) intercept() {
	tn.server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/generate_204", nil)) // makes the mux
	field := reflect.ValueOf(tn.server).Elem().FieldByName("mux")
	mux := (**http.ServeMux)(unsafe.Pointer(field.UnsafeAddr()))
	inner, outer := *mux, http.NewServeMux()
	outer.Handle("/", inner)
	outer.HandleFunc("/machine/register", func(w http.ResponseWriter, r *http.Request) { tn.register(w, r, inner) })
	outer.HandleFunc("/machine/map", func(w http.ResponseWriter, r *http.Request) { tn.update(w, r, inner) })
	*mux = outer
}

// peek reads the request's body into v and puts the body back for the next handler.
func peek(r *http.Request, v any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return json.Unmarshal(body, v)
}

func (tn *tailnet) register(w http.ResponseWriter, r *http.Request, next http.Handler) {
	var req tailcfg.RegisterRequest
	if err := peek(r, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if req.Followup != "" { // an interactive login that nobody will ever complete
		<-r.Context().Done()
		return
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	known := tn.server.Node(req.NodeKey) != nil
	if !known && req.Auth == nil {
		json.NewEncoder(w).Encode(tailcfg.RegisterResponse{AuthURL: tn.server.BaseURL() + "/auth/login"})
		return
	}
	tags, refusal := tn.admit(&req)
	if refusal != "" {
		json.NewEncoder(w).Encode(tailcfg.RegisterResponse{Error: refusal})
		return
	}
	next.ServeHTTP(w, r)
	if req.Auth != nil {
		tn.finish(&req, tags)
	}
}

// admit says which tags the client's key gives it, or why it is refused. A node that is known needs
// no key: that is how a restarted client comes back, however old its key is.
func (tn *tailnet) admit(req *tailcfg.RegisterRequest) (tags []string, refusal string) {
	if req.Auth == nil {
		return nil, ""
	}
	k := tn.keys[req.Auth.AuthKey]
	if k == nil {
		k = &authKey{}
	}
	if text, refused := refusals[k.state]; refused {
		return nil, text
	}
	asked := req.Hostinfo.RequestTags
	if tn.keyTagsOnly && len(asked) > 0 {
		return nil, fmt.Sprintf("requested tags %v are invalid or not permitted", asked)
	}
	if k.state == "once" {
		k.state = "used"
	}
	return slices.Concat(k.tags, asked), ""
}

// finish gives a node that has just registered its tags, and a name that no other node has.
func (tn *tailnet) finish(req *tailcfg.RegisterRequest, tags []string) {
	node := tn.server.Node(req.NodeKey)
	if node == nil {
		return
	}
	slices.Sort(tags)
	node.Tags = slices.Compact(tags)
	tn.name(node, req.Hostinfo.Hostname)
	tn.server.UpdateNode(node)
}

// name gives a node the name of its host, or the first with a number behind it that is free.
func (tn *tailnet) name(node *tailcfg.Node, host string) {
	host = strings.ToLower(host)
	node.Name = tn.fqdn(host)
	for n := 1; n < 100 && tn.taken(node); n++ {
		node.Name = tn.fqdn(fmt.Sprintf("%s-%d", host, n))
	}
}

func (tn *tailnet) fqdn(name string) string { return name + "." + tn.server.MagicDNSDomain + "." }

func (tn *tailnet) taken(node *tailcfg.Node) bool {
	return slices.ContainsFunc(tn.server.AllNodes(), func(other *tailcfg.Node) bool {
		return other.ID != node.ID && other.Name == node.Name
	})
}

// update passes a map request on; alone, unless it is the endless stream, which changes nothing.
func (tn *tailnet) update(w http.ResponseWriter, r *http.Request, next http.Handler) {
	var req tailcfg.MapRequest
	if err := peek(r, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if req.Stream {
		next.ServeHTTP(w, r)
		return
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	before := tn.server.Node(req.NodeKey)
	next.ServeHTTP(w, r)
	// A host that calls itself otherwise is called so, and told.
	node := tn.server.Node(req.NodeKey)
	if before != nil && node != nil && before.Hostinfo.Valid() && req.Hostinfo != nil &&
		before.Hostinfo.Hostname() != req.Hostinfo.Hostname {
		tn.name(node, req.Hostinfo.Hostname)
		tn.server.UpdateNode(node)
	}
}

// admin is the API by which a test changes this tailnet; see control.go.
func (tn *tailnet) admin() http.Handler {
	mux := http.NewServeMux()
	act := func(pattern string, do func(r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			tn.mu.Lock()
			defer tn.mu.Unlock()
			if err := do(r); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
		})
	}
	act("POST /key", tn.setKey)
	act("POST /approval", func(r *http.Request) error {
		tn.server.RequireMachineAuth = r.FormValue("required") == "true"
		return nil
	})
	act("POST /expire", func(r *http.Request) error {
		tn.server.SetExpireAllNodes(r.FormValue("all") == "true")
		return nil
	})
	act("POST /keytags", func(r *http.Request) error {
		tn.keyTagsOnly = r.FormValue("only") == "true"
		return nil
	})
	act("POST /approve", func(r *http.Request) error {
		return tn.change(r, func(n *tailcfg.Node) { n.MachineAuthorized = true })
	})
	act("POST /rename", func(r *http.Request) error {
		return tn.change(r, func(n *tailcfg.Node) { n.Name = tn.fqdn(r.FormValue("to")) })
	})
	act("POST /tag", func(r *http.Request) error {
		return tn.change(r, func(n *tailcfg.Node) { n.Tags = strings.Split(r.FormValue("tags"), ",") })
	})
	mux.HandleFunc("GET /nodes", tn.listNodes)
	return mux
}

func (tn *tailnet) setKey(r *http.Request) error {
	k := &authKey{state: r.URL.Query().Get("state")}
	if _, refused := refusals[k.state]; !refused && k.state != "valid" && k.state != "once" {
		return fmt.Errorf("unknown state %q", k.state)
	}
	if tags := r.URL.Query().Get("tags"); tags != "" {
		k.tags = strings.Split(tags, ",")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4096))
	if err != nil {
		return err
	}
	tn.keys[strings.TrimSpace(string(body))] = k
	return nil
}

func (tn *tailnet) change(r *http.Request, edit func(*tailcfg.Node)) error {
	for _, node := range tn.server.AllNodes() {
		if node.Name == tn.fqdn(r.FormValue("node")) {
			edit(node)
			tn.server.UpdateNode(node)
			return nil
		}
	}
	return fmt.Errorf("no node %q", r.FormValue("node"))
}

func (tn *tailnet) listNodes(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Name     string   `json:"name"`
		Tags     []string `json:"tags"`
		Approved bool     `json:"approved"`
	}
	list := []entry{}
	for _, n := range tn.server.AllNodes() {
		list = append(list, entry{n.Name, n.Tags, n.MachineAuthorized})
	}
	json.NewEncoder(w).Encode(list)
}
