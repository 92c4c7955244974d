// A work notice as the official Java SDK posts it: HttpURLConnection, and every scalar a string.
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

public class Notice {
    private static final String HOST = "https://oapi.dingtalk.com";
    private static final String WORK = HOST + "/topapi/message/corpconversation/";

    public static void main(String[] given) throws IOException {
        String appKey = given[0], secret = given[1], agent = given[2], text = given[3];
        String token = tell("token", call("GET", HOST + "/gettoken?appkey=" + appKey + "&appsecret=" + secret, null));
        token = token.replaceAll(".*\"access_token\":\"([^\"]+)\".*", "$1");
        String message = "{\"msgtype\":\"text\",\"text\":{\"content\":\"" + text + "\"}}";
        String notice = "{\"agent_id\":\"" + agent + "\",\"userid_list\":\"u1,u2\",\"to_all_user\":\"false\",\"msg\":" + message + "}";
        String sent = tell("sent", call("POST", WORK + "asyncsend_v2?access_token=" + token, notice));
        String task = sent.replaceAll(".*\"task_id\":(\\d+).*", "$1");
        String own = "{\"agent_id\":\"" + agent + "\",\"task_id\":\"" + task + "\"}";
        tell("result", call("POST", WORK + "getsendresult?access_token=" + token, own));
        tell("wrong_token", call("POST", WORK + "getsendresult?access_token=0123456789abcdef", own));
    }

    private static String call(String method, String address, String body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setRequestMethod(method);
        if (body != null) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "application/json;charset=UTF-8");
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        try (InputStream reply = connection.getInputStream()) {
            return new String(reply.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String tell(String name, String reply) throws IOException {
        System.out.write((name + "\t" + reply + "\n").getBytes(StandardCharsets.UTF_8));
        return reply;
    }
}
