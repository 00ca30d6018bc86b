# What a reader read (second file) against what it must have read (first file, generate.c's). Prints the first
# differences and a summary; fails if there is any.
NR == FNR {
  n = split($0, word, " ")
  kind[FNR] = word[1]
  text[FNR] = word[2]
  for (i = 3; i <= n; i++) want[FNR, word[i]] = 1
  count[FNR] = n - 2
  next
}
{
  n = split($0, word, " ")
  at = word[1]
  good = n - 1 == count[at]
  for (i = 2; i <= n; i++) good = good && ((at, word[i]) in want)
  files[kind[at]]++
  values[kind[at]] += n - 1
  if (!good) {
    bad[kind[at]]++
    if (shown++ < 5) printf "%s: case %d (%s), text %s\n  read %s\n", reader, at, kind[at], text[at], $0
  }
}
END {
  for (k in files) {
    printf "%-12s %-6s %6d files %7d values %6d differ\n", reader, k, files[k], values[k], bad[k]
    failed += bad[k]
    seen++
  }
  exit failed || !seen
}
