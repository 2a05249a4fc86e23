# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The shop of policies/hipstershop as a lab to learn polc on; for contrib/shop and test/e2e/story.sh, on top of
# test/e2e/lib.sh. The host between the workloads is the lab's router.

SHOP_SAMPLE=$LAB_ROOT/policies/hipstershop
SHOP=              # the directory to work in
SHOP_ENVIRONMENT=() # NAME=value, of a command on the host

# shop_begin, behind lab_begin: the workloads, a directory `shop` with them and no policy, and the commands `traffic`, `try`
# and `polc`.
shop_begin() {
  local name
  SHOP=$LAB_DIR/work
  mkdir -p "$SHOP/shop" "$LAB_DIR/bin"
  lab_router
  lab_from_policies "$SHOP_SAMPLE"
  sample_read "$SHOP_SAMPLE/README.md"
  for name in "${LAB_ENDPOINTS[@]}"; do
    lab_serve "$name" "${SAMPLE_PORTS[@]}"
  done
  cp "$SHOP_SAMPLE/10-endpoints.yaml" "$SHOP/shop/endpoints.yaml"
  printf '%s\n' --- 'apiVersion: v1' 'kind: Namespace' 'metadata: {name: hipstershop, labels: {team: shop}}' >>"$SHOP/shop/endpoints.yaml"
  shop_connections
  shop_commands
  # shellcheck disable=SC2034 # for whoever runs something there
  SHOP_ENVIRONMENT=("PATH=$LAB_DIR/bin:$PATH" "POLC_NODE=$LAB_NODE" "POLC_STATE_DIR=$POLC_STATE_DIR")
}

# shop_targets TO PROTO:PORT: over both families, for the probe.
shop_targets() {
  echo "${2%:*}:${LAB_V4[$1]}:${2#*:} ${2%:*}:[${LAB_V6[$1]}]:${2#*:}"
}

# What the matrix of the sample allows, as lines "NAMESPACE-OF-SOURCE TARGET..." in files: `mail` is what the checkout sends
# once somebody has ordered, `visits` all else.
shop_connections() {
  local source destination port file
  while read -r source destination port; do
    file=visits
    [[ $destination != */emailservice ]] || file=mail
    echo "${LAB_NS[$source]} $(shop_targets "$destination" "$port")" >>"$LAB_DIR/$file"
  done < <(printf '%s\n' "${!SAMPLE_ALLOWED[@]}" | LC_ALL=C sort)
}

shop_commands() {
  local name
  ln -s "$POLC" "$LAB_DIR/bin/polc"
  cat >"$LAB_DIR/bin/traffic" <<END
#!/usr/bin/env bash
# traffic [visits|mail]...: the connections of people who visit the shop, and the mails that it sends (default: visits)
cd '$LAB_DIR' || exit
for part in "\${@:-visits}"; do
  while read -r namespace targets; do
    # shellcheck disable=SC2086 # several
    ip netns exec "\$namespace" '$PROBE' connect --timeout $LAB_TIMEOUT \$targets </dev/null &
  done <"\$part"
  wait
done | awk '{ all++; good += \$2 == "ok" } \$2 != "ok" { print } END { print all " connections, " good + 0 " got through"; exit good < all }'
END
  { echo '#!/usr/bin/env bash'
    echo '# try FROM TO PORT: one connection from one workload to another'
    echo 'declare -A namespace address'
    for name in "${LAB_ENDPOINTS[@]}"; do
      printf 'namespace[%s]=%s address[%s]=%s\n' "${name#*/}" "${LAB_NS[$name]}" "${name#*/}" "${LAB_V4[$name]}"
    done
    # shellcheck disable=SC2016 # for the script
    printf 'ip netns exec "${namespace[$1]}" %q connect --timeout %d "tcp:${address[$2]}:$3" | sed "s/.* //"\n' "$PROBE" "$LAB_TIMEOUT"
  } >"$LAB_DIR/bin/try"
  chmod +x "$LAB_DIR/bin"/*
}
