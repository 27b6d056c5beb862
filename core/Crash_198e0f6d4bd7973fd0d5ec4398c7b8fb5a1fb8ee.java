import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Crash_198e0f6d4bd7973fd0d5ec4398c7b8fb5a1fb8ee {
    static final String base64Bytes = String.join("", "cHJvZ3JhbSh2MDogZjMyW1g6Nl0pIHsKICB2MTogZjMyW1g6Nl0gPSB3aGlsZVtjb25kaXRpb249cHJvZ3JhbSh2MjogZjMyW1g6Nl0pIHsKICAgIHYzOiBmMzJbXSA9IGNvbnN0IDEwLjAKICAgIHY0OiBmMzJbXSA9IHJlZHVjZVtmbj1TVU0sIGF4ZXM9W1hdXSB2MiAgLy8gRnV6elRlc3QucHJvZ3JhbXMoRnV6elRlc3QuamF2YToxMzYpCiAgICB2NTogYm9vbFtdID0gbHQgdjQsIHYzICAvLyBGdXp6VGVzdC5wcm9ncmFtcyhGdXp6VGVzdC5qYXZhOjEzNikKICAgIHJldHVybiB2NQogIH0sIGJvZHk9cHJvZ3JhbSh2NjogZjMyW1g6Nl0pIHsKICAgIHY3OiBmMzJbXSA9IGNvbnN0IDEuMAogICAgdjg6IGYzMltYOjZdID0gYWRkIHY2LCB2NyAgLy8gRnV6elRlc3QucHJvZ3JhbXMoRnV6elRlc3QuamF2YToxMzYpCiAgICByZXR1cm4gdjgKICB9LCBjYXJyeT0xXSB2MCAgLy8gRnV6elRlc3QucHJvZ3JhbXMoRnV6elRlc3QuamF2YToxMzYpCiAgcmV0dXJuIHYxCn0=");

    public static void main(String[] args) throws Throwable {
        Crash_198e0f6d4bd7973fd0d5ec4398c7b8fb5a1fb8ee.class.getClassLoader().setDefaultAssertionStatus(true);
        try {
            Method fuzzerInitialize = dev.axial.fuzz.ProgramTarget.class.getMethod("fuzzerInitialize");
            fuzzerInitialize.invoke(null);
        } catch (NoSuchMethodException ignored) {
            try {
                Method fuzzerInitialize = dev.axial.fuzz.ProgramTarget.class.getMethod("fuzzerInitialize", String[].class);
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
        dev.axial.fuzz.ProgramTarget.fuzzerTestOneInput(input);
    }
}