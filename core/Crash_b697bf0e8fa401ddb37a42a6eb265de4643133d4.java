import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

public class Crash_b697bf0e8fa401ddb37a42a6eb265de4643133d4 {
    static final String base64Bytes = String.join("", "AQBOQVhJQUxSRUYBAAAAeAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIAAA==");

    public static void main(String[] args) throws Throwable {
        Crash_b697bf0e8fa401ddb37a42a6eb265de4643133d4.class.getClassLoader().setDefaultAssertionStatus(true);
        try {
            Method fuzzerInitialize = dev.axial.disk.ReferenceTarget.class.getMethod("fuzzerInitialize");
            fuzzerInitialize.invoke(null);
        } catch (NoSuchMethodException ignored) {
            try {
                Method fuzzerInitialize = dev.axial.disk.ReferenceTarget.class.getMethod("fuzzerInitialize", String[].class);
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
        dev.axial.disk.ReferenceTarget.fuzzerTestOneInput(input);
    }
}