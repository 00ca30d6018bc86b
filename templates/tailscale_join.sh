#!/bin/sh
# network.join and network.verify: into the tailnet, with the tags.
# Expects lib.sh; get_key has the key, where there is one.

network_preflight() {
  # What can be refused before anything is changed
  about="$NETWORK_PROVIDER provider:"
  if have tailscale; then
    network_status
    network_ours
    [ -z "$TAILNET" ] || network_drift
    [ "$STATE" = NeedsLogin ] || return 0
  elif [ "$NETWORK_INSTALL" != auto ]; then
    return 0
  fi
  checking || network_need_key
}

network_join() {
  found="join $NETWORK_TAILNET${NETWORK_TAGS:+ with $NETWORK_TAGS}"
  ! checking || have tailscale || would_change "$found"
  network_look
  if ! network_out; then
    network_drift
    [ -n "$PREFS" ] || warn "tailscale debug prefs does not tell the node's settings: they were not compared"
    found=${LACK:+settings are $HAS, expected are $LACK}
    network_named || found="rename $NAME to $HOST_ID${found:+; $found}"
    if tags_missing; then
      [ "$NETWORK_PROVIDER" != headscale ] || network_tags_differ # there, `up` cannot change them
      found="host tags are ${TAGS:-none}, expected are $NETWORK_TAGS${found:+; $found}"
    fi
    if [ -z "$found" ]; then
      [ "$ONLINE" = true ] || ok "in tailnet $TAILNET, offline but configured ($STATE)"
      ok "in tailnet $TAILNET"
    fi
  fi
  ! checking || would_change "$found"
  if ! network_out && ! tags_missing; then
    network_set
    changed "$found"
  fi
  network_key
  network_up
  wait_until 10 network_settled || network_up_failed # `up` may end before that
  changed "in tailnet $TAILNET${TAGS:+ with $TAGS}"
}

network_out() {
  case $STATE:$TAILNET in NeedsLogin:* | NoState:* | *:) ;; *) return 1 ;; esac
}

network_look() { # reads the status; ends the step where nothing can come of it
  about="$NETWORK_PROVIDER provider:"
  wait_until "$NETWORK_JOIN_TIMEOUT_S" network_known || :
  case $STATUS_RC in
    0) ;;
    124) failed daemon_hang "$about tailscaled gave no answer in $PROBE_S s" ;;
    *)
      ! checking || pending 'once tailscaled is started'
      failed daemon_down "$about tailscaled does not answer"
      ;;
  esac
  network_ours
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  case $STATE:$TAILNET:$NODE_KEY in
    NoState:*:true | Starting::true)
      failed login_server "$about the login server does not answer${HEALTH:+; tailscaled says: $HEALTH}"
      ;;
  esac
}

network_ours() { # fails on another tailnet's node, and on another machine
  [ -n "$TAILNET" ] || return 0
  [ "$TAILNET" = "$NETWORK_TAILNET" ] ||
    failed tailnet_mismatch "$about host is in tailnet $TAILNET, expected $NETWORK_TAILNET"
  network_named || [ -n "$RENAME" ] || failed name_mismatch "$about this machine is $NAME, not $HOST_ID"
}

network_named() {
  # Under this host's name?
  [ "${NAME:-$HOST_ID}" = "$HOST_ID" ]
}

network_unapproved() {
  failed needs_approval "$about the host waits for its approval in tailnet $NETWORK_TAILNET"
}

network_tags_differ() {
  tags_missing || :
  [ "$NETWORK_PROVIDER" != headscale ] ||
    warn "the pre-auth key gave no $MISSING: headscale nodes tag -i ID -t $NETWORK_TAGS (the policy's tagOwners \
permitting), or headscale nodes delete -i ID and a new key: \
headscale preauthkeys create --reusable --tags $NETWORK_TAGS"
  failed tag_mismatch "$about host tags ${TAGS:-none} do not match expected $NETWORK_TAGS"
}

# ---- the client's status ----

network_known() {
  # Just started, tailscaled knows nothing yet
  network_status
  case $STATE:$TAILNET in NoState:* | Starting:) return 1 ;; esac
}

network_settled() {
  network_status
  [ -n "$TAILNET" ] && ! tags_missing && network_named
}

network_status() { # sets STATUS, STATUS_RC, and what the document says
  unset STATE NODE_KEY TAILNET_NAME OLD_SUFFIX SUFFIX TAILNET MAGIC_DNS TAGS ONLINE NAME DNS_NAME
  unset KEY_EXPIRY HEALTH AUTH_URL EXIT_NODE
  STATUS=$(probe tailscale status --json --peers=false) && STATUS_RC=0 || STATUS_RC=$?
  [ "$STATUS_RC" -eq 0 ] || return 0
  # Go's layout: a member a line.
  set -f
  ifs=$IFS
  IFS='
'
  section=''
  for line in $(printf '%s\n' "$STATUS" | sed 's/\\\\/\t/g; s/\\"/"/g; s/\\[nrt]/ /g
    s/\\u003c/</g; s/\\u003e/>/g; s/\\u..../\&/g; s/\t/\\/g'); do
    case $line in '  "'*) section=${line#'  "'} section=${section%%'"'*} ;; esac
    value=${line%,}
    case $section:$line in
      Tags:'      '* | ExitNodeStatus:'      '* | Health:'    '*) value=${value#*'"'} ;; # of a list
      *) value=${value#*'": '} value=${value#'"'} ;;
    esac
    value=${value%'"'}
    case $section:$line in
      BackendState:*) STATE=$value ;;
      HaveNodeKey:*) NODE_KEY=$value ;;
      AuthURL:*) AUTH_URL=$value ;;
      TailnetName:*) TAILNET_NAME=$value ;;
      MagicDNSSuffix:*) OLD_SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSSuffix": '*) SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSEnabled": '*) MAGIC_DNS=$value ;;
      Self:'    "HostName": '*) NAME=$value ;;
      Self:'    "DNSName": '*) DNS_NAME=${value%%.*} ;;
      Self:'    "Online": '*) ONLINE=$value ;;
      Self:'    "KeyExpiry": '*) KEY_EXPIRY=$value ;;
      Self:'    "Tags": '*) section=Tags ;;
      Tags:'      "'*) TAGS="${TAGS:+$TAGS,}$value" ;;
      Tags:*) section=Self ;;
      ExitNodeStatus:'      "'*) EXIT_NODE=${EXIT_NODE:-${value%/*}} ;;
      Health:'    "'*) HEALTH="${HEALTH:+$HEALTH; }$value" ;;
    esac
  done
  IFS=$ifs
  set +f
  SUFFIX=${SUFFIX:-$OLD_SUFFIX}
  TAILNET=${TAILNET_NAME:-${SUFFIX%%.*}}
  TAGS=$(sorted "$TAGS")
  NAME=$(printf '%s\n' "${NAME%%.*}" | tr '[:upper:]' '[:lower:]')
}

sorted() { # LIST: without default routes
  printf '%s\n' "$1" | tr , '\n' | grep -v '/0$' | sort | paste -s -d , -
}

tags_missing() { # sets MISSING
  MISSING='' wanted=$NETWORK_TAGS,
  while [ "$wanted" != , ] && [ -n "$wanted" ]; do
    case ,$TAGS, in *",${wanted%%,*},"*) ;; *) MISSING=$MISSING${MISSING:+,}${wanted%%,*} ;; esac
    wanted=${wanted#*,}
  done
  [ -n "$MISSING" ]
}

# ---- the client's settings ----

network_drift() { # sets LACK, settings that the node has otherwise, and HAS, as it has them
  LACK='' HAS='' RISK=''
  PREFS=$(probe tailscale debug prefs | tr -d '\n\t "' | tr '{}' ,,)
  PREFS=${PREFS%%,Config:*}
  [ -n "$PREFS" ] || return 0
  network_pref ControlURL
  server=${NETWORK_LOGIN_SERVER:-https://controlplane.tailscale.com} NOW=${NOW%/}
  case $NOW in '' | https://login.tailscale.com) NOW=https://controlplane.tailscale.com ;; esac
  [ "$NOW" = "${server%/}" ] ||
    failed login_server_mismatch "$about the host is joined through $NOW, not $server, and was left alone"
  # shellcheck disable=SC2086 # lists
  set -- $NETWORK_UP_ARGS $NETWORK_HOST_UP_ARGS
  for word; do
    shift
    name=${word%%=*}
    case " $* " in *" $name "* | *" $name="*) continue ;; esac # the last one counts
    value=${word#"$name"}
    value=${value:-=true} value=${value#=}
    case $name in
      --accept-dns) network_pref CorpDNS ;;
      --accept-risk) RISK=$word NOW=$value ;;
      --accept-routes) network_pref RouteAll ;;
      --advertise-connector) network_pref Advertise ;;
      --advertise-exit-node)
        network_pref AdvertiseRoutes
        case ,$NOW in *,::/0*) NOW=true ;; *) NOW=false ;; esac
        ;;
      --advertise-routes)
        network_pref AdvertiseRoutes
        NOW=$(sorted "$NOW") value=$(sorted "$value")
        ;;
      --exit-node) # a name is told by its address
        network_pref AutoExitNode
        NOW=${NOW:+auto:$NOW}
        [ -n "$NOW" ] || network_pref ExitNodeIP
        NOW=${NOW:-$EXIT_NODE}
        [ -z "$value" ] || value=$(probe tailscale ip -1 "$value" 2>/dev/null || echo "$value")
        ;;
      --exit-node-allow-lan-access) network_pref ExitNodeAllowLANAccess ;;
      --netfilter-mode) network_pref NetfilterMode ;;
      --operator) network_pref OperatorUser ;;
      --report-posture) network_pref PostureChecking ;;
      --shields-up) network_pref ShieldsUp ;;
      --snat-subnet-routes) network_pref NoSNAT ;;
      --ssh) network_pref RunSSH ;;
      --stateful-filtering) network_pref NoStatefulFiltering ;;
    esac
    [ "$NOW" = "$value" ] || LACK="$LACK${LACK:+ }$name=$value" HAS="$HAS${HAS:+ }$name=$NOW"
  done
}

network_pref() { # NAME: sets NOW, as a setting has it
  NOW=${PREFS#*,"$1":}
  case $NOW in
    "$PREFS" | null,*) NOW='' ;;
    '['*) NOW=${NOW#?} NOW=${NOW%%]*} ;;
    *) NOW=${NOW%%,*} ;;
  esac
  case $1:$NOW in
    No*:true) NOW=false ;;
    No*:false) NOW=true ;;
    NetfilterMode:0) NOW=off ;;
    NetfilterMode:1) NOW=nodivert ;;
    NetfilterMode:2) NOW=on ;;
  esac
}

network_set() {
  # Settings alone take no key, and others stay as they are
  name=''
  network_named || name=--hostname=$HOST_ID
  # shellcheck disable=SC2086 # lists
  said=$(probe tailscale set $name $LACK $RISK 2>&1) && wait_until 10 network_set_settled && return
  case $STATE:$said in
    *--accept-risk=*) network_blame accept_risk set ;;
    Running:*'provided but not defined'*) # what an older client sets by `up` alone
      network_pref AdvertiseTags
      tags=$NOW AUTH_KEY=''
      network_up
      ! wait_until 10 network_set_settled || return 0
      ;;
  esac
  said=${said%%'
'*}
  said=${said:-it had no effect}
  network_blame settings_refused set
}

network_set_settled() {
  network_settled && network_drift && [ -z "$LACK" ]
}

# ---- tailscale up ----

network_key() { # sets AUTH_KEY, and tags, what may be advertised with it
  network_need_key
  #: A program's arguments would show the key.
  [ "$(command -v printf)" = printf ] || failed internal "this host's shell has no printf of its own"
  get_key
  case ${AUTH_KEY%%\?*} in
    '') failed join_failed "$about the auth key was asked for and did not come" ;;
    *[!!-~]*) network_bad_key ;;
    ????????*) ;;
    *) network_bad_key ;; # too short to be masked
  esac

  tags=$NETWORK_TAGS
  case $NETWORK_PROVIDER:$AUTH_KEY in
    headscale:* | *:hskey-*) tags='' ;; # they come with the key, and none else are taken
    *:tskey-client-*\?*) ;;
    *:tskey-client-*) AUTH_KEY="$AUTH_KEY?ephemeral=false&preauthorized=true" ;; # the defaults of OAuth suit no server
  esac
}

network_up() { # `tailscale up` with all settings, as it demands
  # shellcheck disable=SC2086 # a list
  set -- "--hostname=$HOST_ID" "--advertise-tags=$tags" "--timeout=${NETWORK_JOIN_TIMEOUT_S}s" \
    ${NETWORK_LOGIN_SERVER:+"--login-server=$NETWORK_LOGIN_SERVER"} $NETWORK_UP_ARGS $NETWORK_HOST_UP_ARGS \
    ${AUTH_KEY:+--auth-key=file:/dev/stdin}
  #: The key goes down this pipe alone.
  before="$STATE $TAILNET $TAGS"
  output=$(printf '%s\n' "$AUTH_KEY" |
    with_deadline $((NETWORK_JOIN_TIMEOUT_S + 10)) tailscale up "$@" 2>&1) && rc=0 || rc=$?
  mask "$output"
  put '%s\n' "$MASKED" 3>&2 || :
  [ "$rc" -eq 0 ] || network_up_failed "$@"
}

network_need_key() {
  [ -n "$HAVE_KEY" ] ||
    failed auth_key_missing "$about auth key missing from environment variable $NETWORK_AUTH_KEY_ENV"
}

mask() { # TEXT: sets MASKED to it without the key, which no program may see
  rest=$1 MASKED=''
  secret=${AUTH_KEY%%\?*} # the client may leave out its ?parameters
  while :; do
    case $rest in *"${secret:-$rest.}"*) ;; *) break ;; esac
    MASKED="$MASKED${rest%%"$secret"*}[auth key]"
    rest=${rest#*"$secret"}
  done
  MASKED=$MASKED$rest
}

network_bad_key() {
  failed auth_key_invalid "$about invalid or expired auth key"
}

network_up_failed() { # ARGUMENT…: says why
  network_status
  [ "$before" = "$STATE $TAILNET $TAGS" ] || touched
  case $before:$STATE:$HEALTH in
    Running*:NeedsLogin:* | Running*'logged out'*) warn 'the host is logged out now: run again with a valid key' ;;
  esac
  said=$MASKED
  mask "$HEALTH"
  HEALTH=$MASKED
  for text in "$said" "$HEALTH"; do # the words of up go before
    case $(printf '%s\n' "$text" | tr '[:upper:]' '[:lower:]') in
      *'requires mentioning all'*)
        settings=''
        for word in ${said##*tailscale up}; do
          case " $* " in *" $word "* | *" ${word%%=*}="*) ;; *) settings="$settings $word" ;; esac
        done
        failed settings_mismatch "$about the host has settings that stagecraft.yml does not mention:$settings"
        ;;
      *"can't change --login-server"*)
        failed login_server_mismatch "$about the host is joined through another login server, and was left alone"
        ;;
      *--accept-risk=*) network_blame accept_risk up ;;
      *nodekeyexpired*) network_blame node_expired up ;;
      *x509:* | *'tls: '* | *'http response to https'* | *'fetch control key: '[0-9]* | *'fetch control key response'*)
        network_blame login_server up
        ;;
      *'enough permissions'* | *invalid_scope* | *'require --advertise-tags'*) network_blame oauth_client up ;;
      *tags*'not permitted'* | *tags*invalid*)
        failed tag_mismatch "$about this auth key does not permit the tags $tags"
        ;;
      *'fetch control key'*) ;; # not the auth key
      *invalid*key* | *key*not\ valid* | *key*not\ found* | *key*expired* | *key*already*used* | *key*revoked* | \
        *invalid_client*)
        network_bad_key
        ;;
      *'to approve your machine'*) network_unapproved ;;
    esac
  done
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  # A key that isn't taken may lead to an offer to log in by hand.
  [ -z "$AUTH_URL" ] || network_bad_key
  case $rc:$said in
    124:* | *'timeout waiting'*)
      failed join_timeout "$about not joined in $NETWORK_JOIN_TIMEOUT_S s${HEALTH:+; tailscaled says: $HEALTH}"
      ;;
  esac
  [ "$rc" -ne 0 ] || ! tags_missing || network_tags_differ
  failed join_failed "$about tailscale up failed: ${said##*'
'}"
}

network_blame() { # REASON COMMAND: in the client's own words
  said=$(printf %s "$said" | tr '\n' ' ')
  failed "$1" "$about tailscale $2 failed: $said${HEALTH:+; tailscaled says: $HEALTH}"
}

# ---- network.verify ----

network_verify() {
  [ "$LAST" -eq 210 ] || pending 'once the host has joined'
  network_look
  fact network.status "$STATUS"
  version=$(probe tailscale version) || version=''
  fact network.version "${version%%'
'*}"
  ! network_out || failed not_joined "$about the host is logged out ($STATE)"
  ! tags_missing || network_tags_differ
  [ "$SUFFIX" = "$NETWORK_DOMAIN" ] ||
    warn "the tailnet's domain is $SUFFIX: names in $NETWORK_DOMAIN do not resolve"
  called="the node is called $DNS_NAME"
  case $DNS_NAME in
    "$HOST_ID" | '') ;;
    "$HOST_ID"-[0-9]*) warn "$called: another one holds the name $HOST_ID, or did when it joined" ;;
    *) warn "$called in the tailnet: rename it there" ;;
  esac
  [ "$MAGIC_DNS" != false ] || warn 'MagicDNS is off: names of nodes do not resolve'
  [ -z "$KEY_EXPIRY" ] || warn "the node's key expires at $KEY_EXPIRY: switch key expiry off for servers"
  [ "$ONLINE" = true ] || warn "the node is offline${HEALTH:+: $HEALTH}"
  ok "in tailnet $TAILNET${TAGS:+ with $TAGS}"
}
