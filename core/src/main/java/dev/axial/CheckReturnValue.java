package dev.axial;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Tools may warn when the result is dropped: the method changes nothing, its result is the point.
 * On a class it speaks of all its methods but those with {@link CanIgnoreReturnValue}. Error Prone
 * and several editors know the name, whatever the package.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface CheckReturnValue {}
