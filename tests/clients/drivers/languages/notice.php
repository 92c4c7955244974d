<?php
// A work notice as PHP clients post it: curl, nested form keys, the token in the form, false as 0.
const HOST = 'https://oapi.dingtalk.com';
const WORK = HOST . '/topapi/message/corpconversation/';

function call(string $address, ?array $form = null): array
{
    $curl = curl_init($address);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    if ($form !== null) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($form));
    }
    $reply = curl_exec($curl);
    if ($reply === false) {
        fwrite(STDERR, curl_error($curl) . "\n");
        exit(1);
    }
    return json_decode($reply, true);
}

function tell(string $name, array $reply): array
{
    echo $name, "\t", json_encode($reply), "\n";
    return $reply;
}

[, $appKey, $secret, $agent, $text] = $argv;
$token = tell('token', call(HOST . '/gettoken?' . http_build_query(['appkey' => $appKey, 'appsecret' => $secret])))['access_token'];
$message = ['msgtype' => 'text', 'text' => ['content' => $text]];
$notice = ['access_token' => $token, 'agent_id' => $agent, 'userid_list' => 'u1,u2', 'to_all_user' => false, 'msg' => $message];
$task = tell('sent', call(WORK . 'asyncsend_v2', $notice))['task_id'];
$own = ['access_token' => $token, 'agent_id' => $agent, 'task_id' => $task];
tell('result', call(WORK . 'getsendresult', $own));
tell('wrong_token', call(WORK . 'getsendresult', ['access_token' => '0123456789abcdef'] + $own));
