/*
 * parse_class.c - files, classes and their members.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/parse_priv.h"

#include "base/assert.h"
#include "base/memory.h"
#include "format/module.h"

struct class *
lang_class_create(struct lang *lang, struct file *file, struct symbol *name, struct symbol *brief,
                  struct place place)
{
    struct class *class = lang_alloc(lang, sizeof(*class));
    struct class **end = &file->classes;
    uint64_t other;

    class->id = ++lang->class_count;
    class->name = name;
    class->brief = brief;
    class->file = file;
    class->place = place;
    class->fields_end = &class->fields;
    class->methods_end = &class->methods;
    class->next = lang->class_list;
    lang->class_list = class;
    if (file->last_class != NULL)
        end = &file->last_class->next_in_file;
    *end = class;
    file->last_class = class;
    if ((name->byte_count < 6 || memcmp(name->text, ".main.", 6) != 0) &&
        hash_table_put(&lang->classes, (uint64_t)file->number << 32 | brief->id,
                       (uint64_t)(uintptr_t) class) != OK)
        lang_no_memory(lang);
    if (!file->library && !lang->parses_only && name->byte_count > 10 &&
        memcmp(name->text, ".internal.", 10) == 0)
        lang_error(lang, file, place, "choose another package",
                   "the package .internal belongs to the class library");
    if (!lang->parses_only && hash_table_get(&lang->classes, name->id, &other) && other != 0)
        lang_error(lang, file, place, NULL, "there are two classes with the name %s", name->text);
    else if (hash_table_put(&lang->classes, name->id, (uint64_t)(uintptr_t) class) != OK)
        lang_no_memory(lang);
    return class;
}

/* Put a member in front of those with the same class and name; returns the one behind it. */
static void *
member_link(struct lang *lang, const struct class *class, const struct symbol *name,
            enum member_kind kind, void *member)
{
    uint64_t key = lang_member_key(class->id, kind, name->id);
    uint64_t before = 0;

    (void)hash_table_get(&lang->members, key, &before);
    if (hash_table_put(&lang->members, key, (uint64_t)(uintptr_t)member) != OK)
        lang_no_memory(lang);
    return (void *)(uintptr_t)before;
}

struct method *
lang_method_create(struct lang *lang, struct class *class, struct symbol *name, struct place place)
{
    struct method *method = lang_alloc(lang, sizeof(*method));

    method->name = name;
    method->place = place;
    method->class = class;
    method->ordinal = MODULE_NO_ORDINAL;
    method->next_named = member_link(lang, class, name, MEMBER_KIND_METHOD, method);
    *class->methods_end = method;
    class->methods_end = &method->next;
    return method;
}

struct field *
lang_field_create(struct lang *lang, struct class *class, struct symbol *name, struct place place)
{
    struct field *field = lang_alloc(lang, sizeof(*field));

    field->name = name;
    field->place = place;
    field->class = class;
    field->next_named = member_link(lang, class, name, MEMBER_KIND_FIELD, field);
    *class->fields_end = field;
    class->fields_end = &field->next;
    return field;
}

/* The name of the file without its folder and ending, as a name. */
static struct symbol *
file_stem(struct lang *lang, const struct file *file)
{
    const char *path = file->source.path;
    char stem[64];
    size_t start = 0;
    size_t count = 0;

    for (size_t i = 0; path[i] != 0; i++) {
        if (path[i] == '/')
            start = i + 1;
    }
    for (size_t i = start; path[i] != 0 && path[i] != '.' && count < sizeof(stem); i++) {
        char c = path[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        stem[count++] = plain ? c : '_';
    }
    return count == 0 ? lang->names.run : lang_symbol(lang, stem, count);
}

struct class *
lang_main_class(struct lang *lang, struct file *file)
{
    struct symbol *stem;

    if (file->main != NULL)
        return file->main;
    stem = file_stem(lang, file);
    file->main = lang_class_create(lang, file, lang_symbol_format(lang, ".main.%s", stem->text),
                                   stem, (struct place){ .line = 1, .length = 1 });
    file->main->flags = CLASS_PUBLIC | CLASS_FINAL;
    return file->main;
}

uint16_t
lang_parse_modifiers(struct parser *parser)
{
    const struct lang_names *names = &parser->lang->names;
    uint16_t flags = 0;

    for (;;) {
        const struct token *token = lang_peek(parser, 0);
        enum token_kind behind = lang_peek(parser, 1)->kind;

        if (token->kind == T_PUBLIC) {
            flags |= MEMBER_PUBLIC;
        } else if (token->kind == T_STATIC) {
            flags |= MEMBER_STATIC;
        } else if (token->kind == T_NAME &&
                   (behind == T_NAME || behind == T_DOT || behind == T_VAR || behind == T_VOID ||
                    behind == T_PUBLIC || behind == T_STATIC || behind == T_CLASS ||
                    behind == T_INTERFACE)) {
            if (token->symbol == names->private_)
                flags |= MEMBER_PRIVATE;
            else if (token->symbol == names->abstract)
                flags |= METHOD_ABSTRACT;
            else if (token->symbol == names->const_ || token->symbol == names->final)
                flags |= MEMBER_FINAL;
            else if (token->symbol == names->synchronized)
                flags |= METHOD_SYNCHRONIZED;
            else
                return flags;
        } else {
            return flags;
        }
        lang_take(parser);
    }
}

/* Step over a body of which only the declaration matters. */
static void
skip_body(struct parser *parser)
{
    size_t count = lang_scan_pair(parser, 0, T_LBRACE, T_RBRACE);

    if (count == 0)
        lang_syntax_error(parser, lang_here(parser), "`}` at the end of a block");
    parser->at += count;
}

/* "[n]" behind the arguments gives the method its number. */
static void
parse_ordinal(struct parser *parser, struct method *method)
{
    const struct token *token;

    if (!lang_accept(parser, T_LBRACKET))
        return;
    token = lang_peek(parser, 0);
    if (token->kind != T_INT || token->integer > LANG_ORDINAL_MAX) {
        lang_syntax_error(parser, token->place, "the number of the method, 0 to 4095");
        return;
    }
    method->ordinal = (uint16_t)token->integer;
    lang_take(parser);
    lang_expect(parser, T_RBRACKET, "behind the number of the method");
}

static void
parse_method_body(struct parser *parser, struct method *method)
{
    struct method *outer = parser->method;

    if (parser->panic)
        return;
    if (lang_at(parser, T_LBRACE) && parser->skip_bodies) {
        skip_body(parser);
        return;
    }
    if (lang_at(parser, T_LBRACE)) {
        parser->method = method;
        method->body = lang_parse_block(parser);
        parser->method = outer;
        return;
    }
    if (method->primitive_name == NULL)
        method->flags |= METHOD_ABSTRACT;
    lang_expect(parser, T_SEMICOLON, "or a body behind the head of the method");
}

/* From the opening parenthesis on. */
static void
parse_method(struct parser *parser, struct class *class, struct symbol *name, struct place place,
             struct type_syntax *syntax, uint16_t flags)
{
    struct method *method;
    bool constructor =
        name == class->brief && (syntax == NULL || syntax->is_void) && class != parser->file->main;

    method = lang_method_create(parser->lang, class, constructor ? parser->lang->names.new_ : name,
                                place);
    method->syntax = syntax;
    method->flags = flags;
    if (constructor && (flags & (MEMBER_STATIC | METHOD_ABSTRACT)) != 0) {
        lang_error(parser->lang, parser->file, place, NULL,
                   "a constructor is neither static nor abstract");
        method->broken = true;
    }
    method->arguments = lang_parse_arguments(parser, method);
    parse_ordinal(parser, method);
    lang_parse_attributes(parser, &method->flags, &method->primitive_name);
    if (method->primitive_name != NULL)
        method->flags |= METHOD_PRIMITIVE;
    if ((method->flags & MEMBER_PRIVATE) == 0)
        method->flags |= MEMBER_PUBLIC;
    parse_method_body(parser, method);
}

/* The fields behind a type or `var`. */
static void
parse_fields(struct parser *parser, struct class *class, struct symbol *name, struct place place,
             struct type_syntax *syntax, uint16_t flags)
{
    struct field *field = lang_field_create(parser->lang, class, name, place);

    for (;;) {
        field->syntax = syntax;
        field->flags = flags;
        if (syntax == NULL && lang_accept(parser, T_COLON))
            field->syntax = lang_parse_type(parser);
        lang_parse_attributes(parser, &field->flags, NULL);
        if (!parser->panic && lang_accept(parser, T_ASSIGN))
            field->value = lang_parse_expr(parser);
        if (parser->panic || !lang_accept(parser, T_COMMA))
            break;
        name = lang_expect_name(parser, "the name of a field", &place);
        field = lang_field_create(parser->lang, class, name, place);
    }
    lang_expect(parser, T_SEMICOLON, "behind the field");
}

static void
parse_member(struct parser *parser, struct class *class)
{
    uint16_t flags = 0;
    struct type_syntax *syntax = NULL;
    struct symbol *name;
    struct place place;

    if (lang_accept(parser, T_SEMICOLON))
        return;
    lang_parse_attributes(parser, &flags, NULL);
    flags |= lang_parse_modifiers(parser);
    if (lang_at(parser, T_RBRACE) || lang_accept(parser, T_SEMICOLON))
        return; /* attributes of nothing */
    if (lang_accept(parser, T_VAR)) {
        name = lang_expect_name(parser, "the name of a field", &place);
        if (lang_at(parser, T_LPAREN))
            parse_method(parser, class, name, place, NULL, flags);
        else
            parse_fields(parser, class, name, place, NULL, flags);
        return;
    }
    if (!lang_at_name(parser, 0, class->brief) || lang_peek(parser, 1)->kind != T_LPAREN)
        syntax = lang_parse_type(parser);
    lang_parse_attributes(parser, &flags, NULL);
    name = lang_expect_name(parser, "the name of a member", &place);
    if (parser->panic)
        return;
    if (lang_at(parser, T_LPAREN))
        parse_method(parser, class, name, place, syntax, flags);
    else
        parse_fields(parser, class, name, place, syntax, flags);
}

/*
 * A member could not be parsed to its end. Of several fields it is the last; if only its value is
 * broken, its type is known. Where not even a name was read, the class may have anything.
 */
static void
mark_broken(struct class *class, struct field *field, struct method *method)
{
    while (field != NULL && field->next != NULL)
        field = field->next;
    if (method != NULL) {
        method->broken = true;
        method->flags &= (uint16_t)~METHOD_ABSTRACT;
    } else if (field == NULL || field->value == NULL) {
        class->vague = true;
    }
    if (field == NULL)
        return;
    if (field->value == NULL)
        field->syntax = NULL;
    field->value = NULL;
    field->broken = true;
    field->flags &= (uint16_t)~MEMBER_FINAL;
}

/* { "extends" name | "implements" name }; ours: several names with commas. */
static void
parse_parents(struct parser *parser, struct class *class)
{
    struct path_list **end = &class->parents;

    while (!parser->panic && (lang_at(parser, T_EXTENDS) || lang_at(parser, T_IMPLEMENTS))) {
        bool implements = lang_take(parser)->kind == T_IMPLEMENTS;

        do {
            struct path_list *parent = lang_alloc(parser->lang, sizeof(*parent));

            parent->path = lang_parse_path(parser);
            parent->implements = implements;
            *end = parent;
            end = &parent->next;
        } while (!parser->panic && lang_accept(parser, T_COMMA));
    }
}

static void
parse_class(struct parser *parser, uint16_t member_flags)
{
    bool interface = lang_take(parser)->kind == T_INTERFACE;
    struct place place = lang_here(parser);
    struct path *path = lang_parse_path(parser);
    struct symbol *name = path->absolute ? parser->lang->names.empty : parser->file->package;
    struct symbol *brief = name;
    struct class *class;

    if (parser->panic) {
        parser->file->broken = true; /* what follows would belong to it */
        return;
    }
    for (struct path_part *part = path->parts; part != NULL; part = part->next) {
        name = lang_symbol_format(parser->lang, "%s.%s", name->text, part->symbol->text);
        brief = part->symbol;
    }
    class = lang_class_create(parser->lang, parser->file, name, brief, place);
    class->flags = CLASS_PUBLIC;
    if ((member_flags & (MEMBER_STATIC | MEMBER_PRIVATE | METHOD_SYNCHRONIZED)) != 0)
        lang_error(parser->lang, parser->file, place, "only a member is",
                   "a class is neither static, private nor synchronized");
    if (interface)
        class->flags |= CLASS_INTERFACE | CLASS_ABSTRACT;
    lang_parse_attributes(parser, &member_flags, NULL);
    if ((member_flags & METHOD_ABSTRACT) != 0)
        class->flags |= CLASS_ABSTRACT;
    if ((member_flags & MEMBER_FINAL) != 0)
        class->flags |= CLASS_FINAL;
    parse_parents(parser, class);
    lang_expect(parser, T_LBRACE, "before the members of the class");
    class->vague = parser->panic;
    parser->class = class;
    while (!parser->panic && !lang_at(parser, T_RBRACE) && !lang_at(parser, T_END)) {
        size_t start = parser->at;
        struct field **fields = class->fields_end;
        struct method **methods = class->methods_end;

        parse_member(parser, class);
        if (lang_recover(parser, start))
            mark_broken(class, *fields, *methods);
    }
    parser->class = NULL;
    lang_expect(parser, T_RBRACE, "behind the members of the class");
    lang_accept(parser, T_SEMICOLON);
}

/* The last semicolon of what is typed may be left out. */
static void
expect_end(struct parser *parser, const char *where)
{
    if (!lang_at(parser, T_END) || parser->file != parser->lang->line)
        lang_expect(parser, T_SEMICOLON, where);
}

static void
parse_package(struct parser *parser)
{
    struct path *path;
    struct symbol *name = parser->lang->names.empty;

    lang_take(parser);
    path = lang_parse_path(parser);
    for (struct path_part *part = path->parts; part != NULL && !parser->panic; part = part->next)
        name = lang_symbol_format(parser->lang, "%s.%s", name->text, part->symbol->text);
    parser->file->package = name;
    expect_end(parser, "behind the package");
}

static void
parse_import(struct parser *parser)
{
    struct import *import = lang_alloc(parser->lang, sizeof(*import));

    lang_take(parser);
    import->path = lang_parse_path(parser);
    import->name = parser->lang->names.empty;
    for (struct path_part *part = import->path->parts; part != NULL && !parser->panic;
         part = part->next) {
        import->name =
            lang_symbol_format(parser->lang, "%s.%s", import->name->text, part->symbol->text);
        import->brief = part->symbol;
    }
    expect_end(parser, "behind the import");
    if (import->brief == NULL)
        return;
    import->next = parser->file->imports;
    parser->file->imports = import;
}

bool
lang_at_function(const struct parser *parser)
{
    size_t count = lang_at(parser, T_VAR) ? 1 : lang_scan_type(parser, 0);

    return count != 0 && lang_peek(parser, count)->kind == T_NAME &&
           lang_peek(parser, count + 1)->kind == T_LPAREN;
}

static void
parse_function(struct parser *parser, uint16_t flags)
{
    struct class *main = lang_main_class(parser->lang, parser->file);
    struct method **methods = main->methods_end;
    struct type_syntax *syntax = NULL;
    const struct token *name;
    size_t start = parser->at;

    if (!lang_accept(parser, T_VAR))
        syntax = lang_parse_type(parser);
    name = lang_take(parser);
    assert(name->kind == T_NAME);
    parse_method(parser, main, name->symbol, name->place, syntax, flags | MEMBER_STATIC);
    if (lang_recover(parser, start))
        mark_broken(main, NULL, *methods);
}

/* A statement outside any class; its variables become static fields. */
static void
parse_top_statement(struct parser *parser, struct stmt ***end)
{
    struct class *main = lang_main_class(parser->lang, parser->file);
    struct lang *lang = parser->lang;
    struct stmt **at;

    if (parser->file->top == NULL) {
        parser->file->top = lang_method_create(
            lang, main, parser->file == lang->line ? lang->names.line : lang->names.run,
            main->place);
        parser->file->top->flags = MEMBER_PUBLIC | MEMBER_STATIC;
        parser->file->top->is_top = true;
        parser->file->top->body = lang_stmt(parser, STMT_BLOCK, lang_here(parser));
        *end = &parser->file->top->body->body;
    }
    parser->method = parser->file->top;
    at = *end;
    *end = lang_parse_item(parser, at);
    parser->method = NULL;
    for (; *at != NULL; at = &(*at)->next) {
        struct stmt *stmt = *at;
        struct local *local;

        parser->file->top->body->end = stmt->place;
        main->vague |= stmt->kind == STMT_BROKEN && stmt->loses;
        if (stmt->kind != STMT_DECLARE || stmt->declare.local->name == lang->names.empty)
            continue;
        local = stmt->declare.local;
        stmt->declare.field = lang_field_create(lang, main, local->name, local->place);
        stmt->declare.field->syntax = local->syntax;
        stmt->declare.field->value = stmt->declare.value;
        stmt->declare.field->flags =
            (uint16_t)(MEMBER_STATIC | (local->is_const ? MEMBER_FINAL : 0));
        if (parser->file == lang->line)
            stmt->declare.field->flags |= MEMBER_PUBLIC;
        stmt->declare.field->is_top = true;
        stmt->declare.field->broken = local->broken;
    }
}

static void
parse_top(struct parser *parser, struct stmt ***end)
{
    uint16_t flags = 0;
    enum token_kind kind = lang_peek(parser, 0)->kind;
    size_t start = parser->at;

    if (kind == T_PACKAGE) {
        parse_package(parser);
    } else if (kind == T_IMPORT) {
        parse_import(parser);
    } else if (kind == T_AT || kind == T_ATTRIBUTE) {
        lang_parse_attributes(parser, &flags, NULL);
        lang_accept(parser, T_SEMICOLON);
    } else if (kind == T_RBRACE) {
        lang_error(parser->lang, parser->file, lang_here(parser), NULL, "this `}` closes nothing");
        parser->file->broken = true;
        lang_take(parser);
    } else if (kind == T_SEMICOLON) {
        lang_take(parser);
    } else {
        flags = lang_parse_modifiers(parser);
        if (lang_at(parser, T_CLASS) || lang_at(parser, T_INTERFACE)) {
            parse_class(parser, flags);
            return;
        }
        if (lang_at_function(parser)) {
            parse_function(parser, flags);
            return;
        }
        parser->at = start;
        parse_top_statement(parser, end);
    }
}

/* Nobody knows what of it belongs where: it declares something, and that is all. */
static void
doubt_all(struct parser *parser)
{
    for (size_t i = 0; i < parser->last; i++) {
        if (parser->tokens[i].kind == T_NAME)
            parser->tokens[i].symbol->doubtful = true;
    }
    for (struct class *class = parser->file->classes; class != NULL; class = class->next_in_file)
        class->vague = true;
}

static void
parse_tokens(struct parser *parser)
{
    struct stmt **end = NULL;

    while (!lang_at(parser, T_END)) {
        size_t start = parser->at;

        parse_top(parser, &end);
        lang_recover(parser, start);
        assert(parser->at > start);
    }
    if (parser->file->broken)
        doubt_all(parser);
}

void
lang_parse(struct lang *lang, struct file *file)
{
    struct buffer tokens = { 0 };
    struct parser parser = {
        .lang = lang,
        .file = file,
        .skip_bodies = file->library && !lang->compiles_library,
        .first_error = lang->error_count,
    };

    file->package = lang->names.empty;
    if (lang->takes_line && !file->library)
        lang_begin_line(lang, file);
    lang_lex(lang, file, &tokens);
    parser.last_error = lang->error_count;
    if (tokens.count >= sizeof(struct token) && !lang->no_memory) {
        parser.tokens = (const struct token *)tokens.bytes;
        parser.last = tokens.count / sizeof(struct token) - 1;
        assert(parser.tokens[parser.last].kind == T_END);
        parse_tokens(&parser);
    }
    if (file->main != NULL && file->library)
        lang_error(lang, file, file->main->place, "put it into a class",
                   "a file of the class library has no top-level statements");
    file->faulty = lang->error_count != parser.first_error;
    buffer_free(&tokens);
}
