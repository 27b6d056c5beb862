import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Crash_b66b3875c3419865f52734a902a6230d09c9b220 {
    static final String base64Bytes = String.join("", "AEFYSUFMRk4KAAAAAQAAAAAAAAcgAAAAAKHhvwkAAAA/dGhlIGZ1bmN0aW9uIGxvd2VyZWQgYXQgRXhwb3J0VGFyZ2V0LnNlZWQoRXhwb3J0VGFyZ2V0LmphdmE6NzkpYQAAABBqYXZhLmxhbmcuT2JqZWN0AAAAAXIAAAAcZGV2LmF4aWFsLkV4cG9ydFRhcmdldCRQYXJ0cwAAAAcqWwAAAAIqKj8AAAABKnsAAAABKnMAAAABaz1zAAAABmEgbmFtZT1lAAAAD2Rldi5heGlhbC5EVHlwZQAAAAVJTlQzMj14AAAAAVkAAAADAAAABQAAAAAHRkxPQVQzMgAAAAEAAAABWAAAAAYBAAAAAAAAAAdGTE9BVDMyAAAAAQAAAAFYAAAABgAAAAEAAAABWAAAAAYAAAABAAAAAQAAAAdGTE9BVDMyAAAAAQAAAAFYAAAABgAAAAEAAAABWAAAAAYAAAAAAAAABUlOVDMyAAAAAQAAAAFZAAAAAwAAAAAHRkxPQVQzMgAAAAIAAAABWAAAAAYAAAABWQAAAANyAAAAHGRldi5heGlhbC5FeHBvcnRUYXJnZXQkUGFydHMAAAAHKlsAAAAAPwAAAAEqewAAAAEqcwAAAAF6PXMAAAAGYSBuYW1lPWUAAAAPZGV2LmF4aWFsLkRUeXBlAAAABUlOVDMyPXgAAAABWQAAAAMAAATocHJvZ3JhbSh2MDogZjMyW1g6Nl0sIHYxOiByZWYgZjMyW1g6Nl0sIHYyOiByZWYgZjMyW1g6Nl0sIHYzOiBpMzJbWTozXSwgdjQ6IGYzMltYOjYsIFk6M10sIHY1OiBmMzJbWDo2XSwgdjY6IGJvb2xbWTozXSkgewogIHY3OiBmMzJbWDo2XSwgdjg6IGkzMltZOjNdLCB2OTogZjMyW10gPSBjYWxsW2JvZHk9cHJvZ3JhbSh2MTA6IGYzMltYOjZdLCB2MTE6IHJlZiBmMzJbWDo2XSwgdjEyOiByZWYgZjMyW1g6Nl0sIHYxMzogaTMyW1k6M10sIHYxNDogZjMyW1g6NiwgWTozXSwgdjE1OiBmMzJbWDo2XSwgdjE2OiBib29sW1k6M10pIHsKICAgIHYxNzogaTMyW10gPSBjb25zdCAxCiAgICB2MTg6IGYzMltdID0gcmVkdWNlW2ZuPVNVTSwgYXhlcz1bWF1dIHYxMCAgLy8gRXhwb3J0VGFyZ2V0LnNlZWQoRXhwb3J0VGFyZ2V0LmphdmE6NTkpCiAgICByZWZfc2V0W2FjY2Vzcz17WEB9LCByZXZlcnNlPWZhbHNlXSB2MTEsIHYxOCwgdjE3ICAvLyBFeHBvcnRUYXJnZXQuc2VlZChFeHBvcnRUYXJnZXQuamF2YTo1OSkKICAgIHJlZl9hZGRbYWNjZXNzPXt9LCBtb2RlPURST1BdIHYxMiwgdjE1ICAvLyBFeHBvcnRUYXJnZXQuc2VlZChFeHBvcnRUYXJnZXQuamF2YTo2MCkKICAgIHYxOTogZjMyW1g6Nl0gPSBhZGQgdjEwLCB2MTUgIC8vIEV4cG9ydFRhcmdldC5zZWVkKEV4cG9ydFRhcmdldC5qYXZhOjYyKQogICAgdjIwOiBmMzJbWDo2XSA9IHJlZl9nZXRbYWNjZXNzPXt9LCBtb2RlPUNMQU1QXSB2MTEgIC8vIEV4cG9ydFRhcmdldC5zZWVkKEV4cG9ydFRhcmdldC5qYXZhOjYyKQogICAgdjIxOiBmMzJbWDo2XSA9IG11bCB2MTksIHYyMCAgLy8gRXhwb3J0VGFyZ2V0LnNlZWQoRXhwb3J0VGFyZ2V0LmphdmE6NjIpCiAgICB2MjI6IGkzMltZOjNdID0gYWRkIHYxMywgdjE3ICAvLyBFeHBvcnRUYXJnZXQuc2VlZChFeHBvcnRUYXJnZXQuamF2YTo2NCkKICAgIHYyMzogaTMyW1k6M10gPSBzZWxlY3QgdjE2LCB2MTMsIHYyMiAgLy8gRXhwb3J0VGFyZ2V0LnNlZWQoRXhwb3J0VGFyZ2V0LmphdmE6NjQpCiAgICB2MjQ6IGYzMltdID0gcmVkdWNlW2ZuPVNVTSwgYXhlcz1bWCwgWV1dIHYxNCAgLy8gRXhwb3J0VGFyZ2V0LnNlZWQoRXhwb3J0VGFyZ2V0LmphdmE6NjUpCiAgICByZXR1cm4gdjIxLCB2MjMsIHYyNAogIH0sIG5hbWU9aml0LCByZW1hdD1mYWxzZV0gdjAsIHYxLCB2MiwgdjMsIHY0LCB2NSwgdjYgIC8vIEV4cG9ydFRhcmdldC5zZWVkKEV4cG9ydFRhcmdldC5qYXZhOjc5KQogIHJldHVybiB2NywgdjgsIHY5Cn0AAAACAAAAB0ZMT0FUMzIAAAAGAAAAGAAAAAAAAIA/AAAAQAAAQEAAAIBAAACgQAAAAARCT09MAAAAAwAAAAMAAQA=");

    public static void main(String[] args) throws Throwable {
        Crash_b66b3875c3419865f52734a902a6230d09c9b220.class.getClassLoader().setDefaultAssertionStatus(true);
        try {
            Method fuzzerInitialize = dev.axial.ExportTarget.class.getMethod("fuzzerInitialize");
            fuzzerInitialize.invoke(null);
        } catch (NoSuchMethodException ignored) {
            try {
                Method fuzzerInitialize = dev.axial.ExportTarget.class.getMethod("fuzzerInitialize", String[].class);
                fuzzerInitialize.invoke(null, (Object) args);
            } catch (NoSuchMethodException ignored1) {
            } catch (IllegalAccessException | InvocationTargetException e) {
                e.printStackTrace();
                System.exit(1);
            }
        } catch (IllegalAccessException | InvocationTargetException e) {
            e.printStackTrace();
            System.exit(1);
        }
        byte[] input = java.util.Base64.getDecoder().decode(base64Bytes);
        dev.axial.ExportTarget.fuzzerTestOneInput(input);
    }
}