#!/usr/bin/env bats
# Docker's own repository among the sources that a host has: what docker.install makes of them is what apt does. The apt
# is this machine's.
# shellcheck disable=SC2016,SC2154 # text for the host; set in common.bash

load common

# apt_reads FOLDER: as /etc/apt. Prints what it would fetch; false when it can't read the sources.
apt_reads() {
  apt-get -o Dir="$H/root" -o Dir::Etc="$1" -o Dir::State::status=/dev/null -o APT::Architecture=amd64 indextargets \
    --no-release-info --format '$(URI)' 'Created-By: Packages' 2>"$H/apt.err"
}

served() { # served FOLDER
  apt_reads "$1" >"$H/targets" || return
  grep -q '^https\{0,1\}://download.docker.com/linux/debian/dists/bookworm/stable/binary-amd64/Packages' "$H/targets"
}

answers() { # for each of $H/cases, the script's answer in FOLDER/answer, what became of the sources in FOLDER/after
  cat >"$H/definitions" <<END
need_curl() { :; }
docker_served() { :; }
docker_key() { echo key >"\$WORK_DIR/docker.asc"; }
failed() {
  echo "\$1 \$2" >"\$folder/answer"
  exit 0
}
docker_verify() {
  OS_ID=debian OS_CODENAME=bookworm repository=download.docker.com/linux/debian
  for folder in $H/cases/*; do
    rm -rf "\$WORK_DIR/sources.list.d" /etc/apt
    cp -R "\$folder/apt" /etc/apt
    (docker_sourced && echo serves >"\$folder/answer" || { docker_add_source && echo added >"\$folder/answer"; })
    cp -R /etc/apt "\$folder/after"
  done
  ok done
}
END
  host_script -d official -o "$H/definitions"
  sed -i "s#signed-by=$H/root#signed-by=#" "$H/script" # as the cases name it
  send apply
  expect docker.verify 'ok||done'
}

generated() { # generated [COUNT]: 50, with `make shells` 200
  local folder expected answer
  declare -A count=()
  mkdir "$H/cases"
  perl "$BATS_TEST_DIRNAME/sources.pl" "${1:-50}" "$H/cases"
  answers
  for folder in "$H"/cases/*; do
    expected=$(cat "$folder/expected") answer=$(cat "$folder/answer")
    echo "case ${folder##*/}: $answer, expected $expected"
    case $answer in
      serves)
        served "$folder/apt"
        diff -r "$folder/apt" "$folder/after"
        ;;
      added)
        never served "$folder/apt"
        served "$folder/after"
        rm -r "$folder/after/keyrings" "$folder/after/sources.list.d/docker.list"
        diff -r "$folder/apt" "$folder/after"
        ;;
      repository_conflict* | apt_update*) # there is no way to add it
        diff -r "$folder/apt" "$folder/after"
        if apt_reads "$folder/apt" >"$H/targets" && [ ! -e "$folder/apt/sources.list.d/docker.list" ]; then
          echo 'deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable' >"$folder/apt/sources.list.d/docker.list"
          never served "$folder/apt"
        fi
        ;;
      *) false ;;
    esac
    [ "$expected" = refused ] || [ "$expected" = "$answer" ]
    count[${answer%% *}]=$((${count[${answer%% *}]:-0} + 1))
  done
  for answer in serves added repository_conflict apt_update; do [ "${count[$answer]}" -gt 0 ]; done
}
@test "sources: generated ones, each as apt reads it" { in_shell dash generated "${SOURCES:-${ALL_SHELLS:+200}}"; }

written() { # written NAME TEXT ANSWER: a case
  mkdir -p "$H/cases/$1/apt/sources.list.d"
  printf '%b' "$2" >"$H/cases/$1/apt/sources.list.d/${4-docker.sources}"
  echo "$3" >"$H/cases/$1/expected"
}

by_others() {
  local uri=https://download.docker.com/linux/debian
  # As Ansible's deb822_repository writes it: the fields sorted by name.
  written ansible "X-Repolib-Name: docker-ce\nComponents: stable\nSigned-By: /etc/apt/keyrings/docker-ce.asc\nSuites: bookworm\nTypes: deb\nURIs: $uri\n" serves
  written off-on "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nEnabled: no\nSigned-By: /a\n\nTypes: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nSigned-By: /b\n" serves
  written on-off "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nSigned-By: /b\n\nTypes: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nEnabled: false\nSigned-By: /a\n" serves
  written off "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nEnabled: 0\nSigned-By: /a\n" added
  written source "Types: deb-src\nURIs: $uri\nSuites: bookworm\nComponents: stable\nSigned-By: /a\n" 'repository_conflict apt refuses these sources: E: Conflicting values set for option Signed-By regarding source https://download.docker.com/linux/debian/ bookworm: *'
  written ours-source "Types: deb-src\nURIs: $uri\nSuites: bookworm\nComponents: stable\nSigned-By: /etc/apt/keyrings/docker.asc\n" added
  written channel "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: test\nSigned-By: /a\n" 'repository_conflict *Conflicting values*'
  written other-arch "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nArchitectures: arm64\nSigned-By: /etc/apt/keyrings/docker.asc\n" added
  written continued "Types:\n deb\nURIs:\n https://example.org/x\n $uri/\nSuites:\n\tbookworm\nComponents: test\n stable\n# Signed-By: /x\nSigned-By: /b\n" serves
  written embedded "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBFit2ioBEADhWpZ8\n -----END PGP PUBLIC KEY BLOCK-----\n" serves
  written brackets "deb [ arch=amd64,arm64 signed-by=/b lang=none ] $uri bookworm stable # ours\n" serves mine.list
  written arch-minus "deb [arch-=amd64 signed-by=/etc/apt/keyrings/docker.asc] $uri bookworm stable\n" added mine.list
  written plain-http 'deb http://download.docker.com/linux/debian bookworm stable\n' serves docker.list
  written disabled "Types: deb\nURIs: $uri\nSuites: bookworm\nComponents: stable\nEnabled: no\n" added
  written saved "deb [signed-by=/b] $uri bookworm stable\n" added docker.list.save
  written cut "deb $uri bookworm\n" 'apt_update apt refuses these sources: E: Malformed entry 1 in list file *docker.list*' docker.list
  written two "deb [signed-by=/a] $uri bookworm stable\ndeb [signed-by=/b] $uri bookworm stable\n" 'repository_conflict apt refuses these sources: *: /a != /b' docker.list
  answers
  for folder in "$H"/cases/*; do
    echo "${folder##*/}: $(cat "$folder/answer"), expected $(cat "$folder/expected")"
    # shellcheck disable=SC2053 # a pattern
    [[ $(cat "$folder/answer") == $(cat "$folder/expected") ]]
    case $(cat "$folder/answer") in
      added) served "$folder/after" ;;
      *) diff -r "$folder/apt" "$folder/after" ;;
    esac
  done
}
@test "sources: as other tools and people write them" { every_shell by_others; }
