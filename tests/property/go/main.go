// Go's readers: docker compose's (compose-go), godotenv, and cuelang.org/go as Encore uses it. Lines of generate.c
// on standard input, what the reader named by the argument read on standard output.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"sort"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	compose "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/joho/godotenv"
)

// As Encore's cli/daemon/secret/secret.go does it.
func readCue(text []byte) (map[string]string, error) {
	inst := load.Instances([]string{"-"}, &load.Config{Stdin: bytes.NewReader(text)})[0]
	if inst.Err != nil {
		return nil, inst.Err
	}
	value := cuecontext.New().BuildInstance(inst)
	if err := value.Err(); err != nil {
		return nil, err
	}
	fields, err := value.Fields(cue.Hidden(false), cue.Concrete(true))
	if err != nil {
		return nil, err
	}
	read := map[string]string{}
	for fields.Next() {
		if read[fields.Selector().String()], err = fields.Value().String(); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func read(reader string, text []byte) (map[string]string, error) {
	switch reader {
	case "compose":
		return compose.ParseWithLookup(bytes.NewReader(text), func(string) (string, bool) { return "", false })
	case "godotenv":
		return godotenv.Parse(bytes.NewReader(text))
	}
	return readCue(text)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for at := 1; lines.Scan(); at++ {
		words := strings.Split(lines.Text(), " ")
		if (words[0] == "cue") != (os.Args[1] == "cue") {
			continue
		}
		text, _ := hex.DecodeString(words[1][1:])
		values, err := read(os.Args[1], text)
		if err != nil {
			fmt.Fprintln(out, at, "error:", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		found := []string{}
		for name, value := range values {
			found = append(found, name+"="+hex.EncodeToString([]byte(value)))
		}
		sort.Strings(found)
		fmt.Fprintln(out, strings.Join(append([]string{fmt.Sprint(at)}, found...), " "))
	}
}
