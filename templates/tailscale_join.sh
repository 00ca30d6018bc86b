#!/bin/sh
# network.join and network.verify: into the tailnet, with the tags.
# Expects lib.sh; the key, where there is one, is in AUTH_KEY.

network_join() {
  network_present
  network_settled
  case $STATUS_RC in 0) ;; *) network_mute ;; esac
  if [ -n "$TAILNET" ] && [ "$TAILNET" != "$NETWORK_TAILNET" ]; then
    failed tailnet_mismatch "$NETWORK_PROVIDER provider: host is in tailnet $TAILNET, expected $NETWORK_TAILNET"
  fi
  case $STATE in
    NeedsMachineAuth) network_unapproved ;;
    NeedsLogin | NoState | '') ;;
    *)
      if [ -n "$TAILNET" ] && ! tags_missing; then network_joined; fi
      ;;
  esac
  if [ -z "$TAILNET" ] || [ "$STATE" = NeedsLogin ]; then
    plan_text="join tailnet $NETWORK_TAILNET${NETWORK_TAGS:+ with $NETWORK_TAGS}" done_text="joined tailnet $NETWORK_TAILNET"
  else
    # Tags come with the key or from the server's owner there: `up` can't change them.
    [ "$NETWORK_PROVIDER" != headscale ] || network_tags_differ
    plan_text="change tags from ${TAGS:-none} to $NETWORK_TAGS" done_text="changed tags to $NETWORK_TAGS"
  fi
  ! checking || would_change "$plan_text"
  network_up
  network_settled
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  changed "$done_text"
}

network_joined() { # ends the step: all is as it should be
  [ "$STATE" != Stopped ] || ok "in tailnet $TAILNET, offline but configured (tailscale down)"
  [ "$ONLINE" = true ] || ok "in tailnet $TAILNET, offline but configured"
  ok "in tailnet $TAILNET"
}

network_present() { # before there is a client, a check can say no more
  have tailscale && return
  ! checking || pending 'after Tailscale was installed'
  failed network_missing "$NETWORK_PROVIDER provider: the tailscale command is not there"
}

network_mute() { # the client doesn't answer
  case $STATUS_RC in
    124 | 137) failed daemon_hang "$NETWORK_PROVIDER provider: tailscaled gave no answer in $PROBE_S s" ;;
  esac
  ! checking || pending 'after tailscaled was started'
  failed daemon_down "$NETWORK_PROVIDER provider: tailscaled does not answer: $STATUS"
}

network_unapproved() {
  failed needs_approval "$NETWORK_PROVIDER provider: the host waits for approval in tailnet ${TAILNET:-$NETWORK_TAILNET}"
}

network_tags_differ() {
  failed tag_mismatch "$NETWORK_PROVIDER provider: host tags $TAGS do not match expected $NETWORK_TAGS"
}

# ---- the client's status ----

network_status() { # sets STATUS, STATUS_RC, and from the document STATE, TAILNET, SUFFIX, TAGS, ONLINE, …
  unset STATE TAILNET_NAME LEGACY_SUFFIX SUFFIX MAGIC_DNS TAGS ONLINE DNS_NAME KEY_EXPIRY HEALTH AUTH_URL
  STATUS=$(with_deadline "$PROBE_S" tailscale status --json --peers=false 2>&1) && STATUS_RC=0 || STATUS_RC=$?
  [ "$STATUS_RC" -eq 0 ] || return 0
  # Go's layout: a member a line, two spaces a level.
  set -f
  saved_ifs=$IFS
  IFS='
'
  section='' list=''
  for line in $STATUS; do
    case $line in
      '  "'*) section=${line#'  "'} section=${section%%'"'*} ;;
      '    "'*': '*) list=${line#'    "'} list=${list%%'"'*} ;;
    esac
    value=${line#*': '} value=${value%,} value=${value#'"'} value=${value%'"'}
    case $section:$line in
      BackendState:*) STATE=$value ;;
      AuthURL:*) AUTH_URL=$value ;;
      TailnetName:*) TAILNET_NAME=$value ;;
      MagicDNSSuffix:*) LEGACY_SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSSuffix": '*) SUFFIX=$value ;;
      CurrentTailnet:'    "MagicDNSEnabled": '*) MAGIC_DNS=$value ;;
      Self:'    "DNSName": '*) DNS_NAME=$value ;;
      Self:'    "Online": '*) ONLINE=$value ;;
      Self:'    "KeyExpiry": '*) KEY_EXPIRY=$value ;;
      Self:'      "'*)
        value=${value#*'"'}
        [ "$list" != Tags ] || TAGS=${TAGS:+$TAGS,}$value
        ;;
      Health:'    "'*) HEALTH=${HEALTH:+$HEALTH; }${value#*'"'} ;;
    esac
  done
  IFS=$saved_ifs
  set +f
  SUFFIX=${SUFFIX:-$LEGACY_SUFFIX}
  TAILNET=${TAILNET_NAME:-${SUFFIX%%.*}}
  TAGS=$(printf '%s\n' "$TAGS" | tr ',' '\n' | sort | paste -s -d ',' -)
}

network_settled() { # the status, once tailscaled has found out where it stands after its start
  uptime_s
  give_up=$((NOW + SERVICE_S))
  network_status
  while [ "$STATE" = NoState ] && [ "$NOW" -lt "$give_up" ]; do
    sleep 1
    network_status
    uptime_s
  done
}

tags_missing() { # does an expected tag lack?
  for tag in $(printf '%s' "$NETWORK_TAGS" | tr ',' ' '); do
    case ",$TAGS," in *",$tag,"*) ;; *) return 0 ;; esac
  done
  return 1
}

# ---- tailscale up ----

network_up() { # `tailscale up` with every setting: one left out would be refused on a node that has it
  missing="$NETWORK_PROVIDER provider: auth key missing from environment variable $NETWORK_AUTH_KEY_ENV"
  [ -n "$AUTH_KEY" ] || failed auth_key_missing "$missing"
  case $AUTH_KEY in
    *[!!-~]*) failed auth_key_invalid "$NETWORK_PROVIDER provider: invalid or expired auth key" ;;
  esac
  # A program would show the key in its arguments.
  [ "$(command -v printf)" = printf ] || failed internal 'the shell of this host has no printf of its own'

  tags=$NETWORK_TAGS
  case $NETWORK_PROVIDER:$AUTH_KEY in
    headscale:* | *:hskey-*) tags= ;; # their tags come from the key, others are refused
    *:tskey-client-*\?*) ;;
    *:tskey-client-*) AUTH_KEY="$AUTH_KEY?ephemeral=false&preauthorized=true" ;; # a server stays, and needs no approval
  esac
  # shellcheck disable=SC2086 # NETWORK_UP_ARGS is a list of words
  set -- "--hostname=$HOST_ID" "--advertise-tags=$tags" "--timeout=${NETWORK_JOIN_TIMEOUT_S}s" \
    ${NETWORK_LOGIN_SERVER:+"--login-server=$NETWORK_LOGIN_SERVER"} $NETWORK_UP_ARGS --auth-key=file:/dev/stdin
  # The key goes down this pipe and nowhere else.
  output=$(printf '%s\n' "$AUTH_KEY" |
    with_deadline $((NETWORK_JOIN_TIMEOUT_S + 10)) tailscale up "$@" 2>&1) && rc=0 || rc=$?
  mask "$output"
  unset AUTH_KEY output
  say "$MASKED"
  [ "$rc" -eq 0 ] || network_up_failed "$@"
}

mask() { # mask TEXT: sets MASKED to it without the key; by the shell alone, for no other program may see the key
  rest=$1 MASKED=
  while :; do
    case $rest in
      *"$AUTH_KEY"*)
        MASKED="$MASKED${rest%%"$AUTH_KEY"*}[auth key]"
        rest=${rest#*"$AUTH_KEY"}
        ;;
      *) break ;;
    esac
  done
  MASKED=$MASKED$rest
}

network_up_failed() { # network_up_failed ARGUMENT…: says why
  before=$STATE
  network_status
  about="$NETWORK_PROVIDER provider:"
  [ "$before" != Running ] || [ "$STATE" != NeedsLogin ] ||
    warn 'the host is logged out now; the next run joins it again'
  case $(printf '%s' "$MASKED" | tr '[:upper:]' '[:lower:]') in
    *'requires mentioning all'*)
      settings=
      for word in ${MASKED##*tailscale up}; do
        case " $* " in *" $word "* | *" ${word%%=*}="*) ;; *) settings="$settings $word" ;; esac
      done
      failed settings_mismatch "$about the host has settings that stagecraft.yml does not mention:$settings"
      ;;
    *"can't change --login-server"*)
      failed login_server_mismatch "$about the host is joined by another login server; nothing was changed"
      ;;
    *tags*'not permitted'* | *tags*'invalid'*)
      failed tag_mismatch "$about the tags $NETWORK_TAGS are not permitted to this auth key"
      ;;
    *'invalid key'* | *'invalid authkey'* | *'invalid auth key'* | *'invalid pre auth key'* | *'key expired'* | \
      *'already used'* | *'been used'* | *'key not found'* | *'not valid'* | *'revoked'* | *'invalid_client'* | *'unauthorized'*)
      failed auth_key_invalid "$about invalid or expired auth key"
      ;;
    *'to approve your machine'*) network_unapproved ;;
  esac
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  # A key that the server does not take can also end in an offer to log in by hand, until the time is over (ts#1728).
  [ -z "$AUTH_URL" ] || failed auth_key_invalid "$about invalid or expired auth key"
  last=$(printf '%s\n' "$MASKED" | awk 'NF { last = $0 } END { print last }')
  case $rc:$MASKED in
    124:* | 137:* | *'timeout waiting'*)
      failed join_timeout "$about not joined within $NETWORK_JOIN_TIMEOUT_S s${HEALTH:+; tailscaled says: $HEALTH}"
      ;;
  esac
  failed join_failed "$about tailscale up failed: $last"
}

# ---- network.verify ----

network_verify() {
  network_present
  network_status
  [ "$STATUS_RC" -eq 0 ] || network_mute
  about="$NETWORK_PROVIDER provider: host"
  if checking; then
    case $TAILNET:$STATE in :* | *:NeedsLogin) pending 'after the host has joined' ;; esac
    ! tags_missing || pending 'after the tags were changed'
  fi
  fact network.status "$STATUS"
  network_version=$(with_deadline "$PROBE_S" tailscale version) || network_version=
  fact network.version "${network_version%%'
'*}"
  [ "$STATE" != NeedsLogin ] || failed not_joined "$about is logged out"
  [ "$TAILNET" = "$NETWORK_TAILNET" ] ||
    failed tailnet_mismatch "$about is in tailnet ${TAILNET:-none}, expected $NETWORK_TAILNET"
  [ "$STATE" != NeedsMachineAuth ] || network_unapproved
  ! tags_missing || network_tags_differ
  network_warnings
  ok "in tailnet $TAILNET${TAGS:+ with $TAGS}"
}

network_warnings() {
  [ "$SUFFIX" = "$NETWORK_DOMAIN" ] ||
    warn "the domain of the tailnet is $SUFFIX, not $NETWORK_DOMAIN: names made with the latter do not resolve"
  [ "${DNS_NAME%%.*}" = "$HOST_ID" ] ||
    warn "the host is known as ${DNS_NAME%.}, since another node holds the name $HOST_ID"
  [ "$MAGIC_DNS" != false ] || warn 'MagicDNS is off in this tailnet: names of hosts do not resolve'
  [ -z "$KEY_EXPIRY" ] || warn "the key of the node expires at $KEY_EXPIRY; disable key expiry for servers"
  [ "$ONLINE" = true ] || warn 'the host is offline in the tailnet'
}
