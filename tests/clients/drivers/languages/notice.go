// A work notice as Go clients post it: net/http, typed replies (a string task id or errcode would not be read).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
)

const host = "https://oapi.dingtalk.com"
const work = host + "/topapi/message/corpconversation/"

type reply struct {
	Errcode     int    `json:"errcode"`
	Errmsg      string `json:"errmsg"`
	AccessToken string `json:"access_token"`
	ExpiresIn   int16  `json:"expires_in"`
	TaskID      int64  `json:"task_id"`
}

func tell(name string, response *http.Response, err error) reply {
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\t%s\n", name, text)
	var read reply
	if err := json.Unmarshal(text, &read); err != nil {
		log.Fatal(err)
	}
	return read
}

func call(name, path, token string, body map[string]any) reply {
	text, err := json.Marshal(body)
	if err != nil {
		log.Fatal(err)
	}
	response, err := http.Post(work+path+"?access_token="+url.QueryEscape(token), "application/json", bytes.NewReader(text))
	return tell(name, response, err)
}

func main() {
	appKey, secret, agent, text := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	query := url.Values{"appkey": {appKey}, "appsecret": {secret}}
	response, err := http.Get(host + "/gettoken?" + query.Encode())
	token := tell("token", response, err).AccessToken
	message := map[string]any{"msgtype": "text", "text": map[string]any{"content": text}}
	notice := map[string]any{"agent_id": agent, "userid_list": "u1,u2", "to_all_user": false, "msg": message}
	task := call("sent", "asyncsend_v2", token, notice).TaskID
	own := map[string]any{"agent_id": agent, "task_id": task}
	call("result", "getsendresult", token, own)
	call("wrong_token", "getsendresult", "0123456789abcdef", own)
}
