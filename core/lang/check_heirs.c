/*
 * check_heirs.c - what a class owes to those above it: overriding, and
 * implementing what is abstract.
 *
 * A method overrides another of the same name whose arguments have the same
 * types. Its result has the same type, or is an object of a narrower class (the
 * machine's loader asks the same), or becomes that of the other, see settle_result().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/check_priv.h"

#include "format/module.h"

/* May the result of an overriding method stand for that of the other? */
static bool
result_fits(struct lang *lang, const struct method *method, const struct method *parent)
{
    const struct type *from = method->declared != NULL ? method->declared : method->type;
    const struct type *to = parent->declared != NULL ? parent->declared : parent->type;
    enum fit fit;

    if (method->declared != NULL && method->type == parent->type)
        return parent->declared == NULL || parent->declared == method->declared;
    if (lang_is_raw(from) || lang_is_raw(to) || from->kind == TYPE_VOID || to->kind == TYPE_VOID)
        return from == to || from->kind == TYPE_ERROR || to->kind == TYPE_ERROR;
    fit = lang_fit(lang, from, to);
    return fit == FIT_SAME || fit == FIT_WIDER;
}

static void
check_override(struct lang *lang, struct class *class, struct method *method, struct method *parent)
{
    bool is_static = (method->flags & MEMBER_STATIC) != 0;
    const char *problem = NULL;

    if ((parent->flags & MEMBER_PRIVATE) != 0 && method->class != parent->class)
        return;
    if (is_static != ((parent->flags & MEMBER_STATIC) != 0))
        problem = is_static ? "is static, and the one it overrides is not"
                            : "is not static, and the one it overrides is";
    else if ((method->flags & MEMBER_PRIVATE) != 0)
        problem = "is private, and the one it overrides is not";
    else if (!is_static && (parent->flags & MEMBER_FINAL) != 0)
        problem = "overrides one that is final";
    else if (method->ordinal != MODULE_NO_ORDINAL && parent->ordinal != MODULE_NO_ORDINAL &&
             method->ordinal != parent->ordinal)
        problem = lang_text(lang, "has the number %u, and the one it overrides %u", method->ordinal,
                            parent->ordinal);
    else if (!result_fits(lang, method, parent))
        problem = lang_text(
            lang, "gives %s, and the one it overrides %s",
            lang_type_text(lang, method->declared != NULL ? method->declared : method->type),
            lang_type_text(lang, parent->declared != NULL ? parent->declared : parent->type));
    if (problem != NULL) {
        lang_error(lang, class->file, method->class == class ? method->place : class->place,
                   lang_text(lang, "see `%s` of %s", parent->name->text, parent->class->name->text),
                   "`%s` %s", method->name->text, problem);
        return;
    }
}

/* Everything that a class or an interface above `class` declares. */
static void
check_parent(struct lang *lang, struct class *class, struct class *parent, bool above_interface)
{
    bool concrete = (class->flags & (CLASS_ABSTRACT | CLASS_INTERFACE)) == 0;

    lang_class_members(lang, parent);
    for (struct method *declared = parent->methods; declared != NULL; declared = declared->next) {
        struct method *method;

        if (declared->name == lang->names.new_ || declared->signature == NULL || declared->is_top)
            continue;
        method = lang_find_same(lang, class, declared);
        if (concrete && (declared->flags & METHOD_ABSTRACT) != 0 &&
            (method == NULL || (method->flags & METHOD_ABSTRACT) != 0) && !declared->name->doubtful)
            lang_error(lang, class->file, class->place, "write it, or make the class abstract",
                       "%s lacks `%s%s`, which %s declares", class->brief->text,
                       declared->name->text, lang_arguments_text(lang, declared),
                       parent->brief->text);
        else if (method != NULL && method != declared &&
                 (method->class == class || above_interface))
            check_override(lang, class, method, declared);
    }
}

static void
walk_parents(struct lang *lang, struct class *class, struct class *parent, bool above_interface)
{
    for (; parent != NULL && !lang->stopped; parent = parent->super) {
        if (parent != class)
            check_parent(lang, class, parent, above_interface);
        for (struct class_list *item = parent->interfaces; item != NULL; item = item->next)
            walk_parents(lang, class, item->class, true);
        if ((parent->flags & CLASS_INTERFACE) != 0)
            return;
    }
}

void
lang_check_heirs(struct lang *lang, struct class *class)
{
    if (class->file->main == class || class->vague || lang->stopped)
        return;
    walk_parents(lang, class, class, false);
}
