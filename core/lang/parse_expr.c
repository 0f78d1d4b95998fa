/*
 * parse_expr.c - expressions, with the precedence of C.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/parse_priv.h"

#include "base/memory.h"

static struct expr *parse_unary(struct parser *parser);

struct expr *
lang_expr(struct parser *parser, enum expr_kind kind, struct place place)
{
    struct expr *expr = lang_alloc(parser->lang, sizeof(*expr));

    expr->kind = (uint8_t)kind;
    expr->place = place;
    expr->height = 1;
    return expr;
}

/* A node stands above its parts; too high a tree is an error. */
static void
raise(struct parser *parser, struct expr *expr, const struct expr *part)
{
    if (part == NULL || part->height < expr->height)
        return;
    expr->height = (uint16_t)(part->height + 1);
    if (expr->height == parser->lang->height_max)
        lang_error(parser->lang, parser->file, expr->place, "split it in several statements",
                   "this expression is too long");
    if (expr->height >= parser->lang->height_max)
        parser->panic = true;
}

static struct expr *
binary(struct parser *parser, enum expr_kind kind, const struct token *token, struct expr *left,
       struct expr *right)
{
    struct expr *expr = lang_expr(parser, kind, token->place);

    expr->op = token->kind;
    expr->operands.left = left;
    expr->operands.right = right;
    raise(parser, expr, left);
    raise(parser, expr, right);
    return expr;
}

/* A list of expressions up to `close`; counts them. */
static struct expr *
parse_list(struct parser *parser, enum token_kind close, uint32_t *count, const char *where)
{
    struct expr *first = NULL;
    struct expr **end = &first;

    *count = 0;
    while (!lang_at(parser, close) && !parser->panic) {
        *end = lang_parse_expr(parser);
        end = &(*end)->next;
        (*count)++;
        if (!lang_accept(parser, T_COMMA))
            break;
    }
    lang_expect(parser, close, where);
    return first;
}

/* The arguments of a call or a new object, behind the opening parenthesis. */
static struct expr *
parse_arguments(struct parser *parser, struct expr *call, uint32_t *count)
{
    struct expr *arguments = parse_list(parser, T_RPAREN, count, "behind the arguments");

    if (*count > LANG_ARGUMENTS_MAX) {
        lang_error(parser->lang, parser->file, call->place, NULL, "a call has at most %u arguments",
                   LANG_ARGUMENTS_MAX);
        arguments->kind = EXPR_ERROR; /* which method it means is not worth a word */
    }
    for (struct expr *item = arguments; item != NULL; item = item->next)
        raise(parser, call, item);
    return arguments;
}

static struct expr *
parse_call(struct parser *parser, struct expr *object, struct symbol *name, struct place place)
{
    struct expr *call = lang_expr(parser, EXPR_CALL, place);

    call->call.object = object;
    call->call.name = name;
    lang_expect(parser, T_LPAREN, "before the arguments");
    call->call.arguments = parse_arguments(parser, call, &call->call.count);
    raise(parser, call, object);
    return call;
}

static struct expr *parse_parenthesis(struct parser *parser);

/* new T, or new *(class) with or without : T, to what stands before the arguments */
static void
parse_created(struct parser *parser, struct expr *expr)
{
    if (lang_accept(parser, T_STAR)) {
        if (!lang_at(parser, T_LPAREN)) {
            lang_syntax_error(parser, lang_here(parser), "`(` before the class to create");
            return;
        }
        expr->create.class = parse_parenthesis(parser);
        raise(parser, expr, expr->create.class);
        if (parser->panic || !lang_accept(parser, T_COLON))
            return;
    }
    expr->create.syntax = lang_parse_type(parser);
    if (expr->create.class == NULL)
        expr->place = expr->create.syntax->place;
}

static struct expr *
parse_new(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_NEW, lang_here(parser));

    lang_take(parser);
    parse_created(parser, expr);
    if (lang_at(parser, T_LPAREN)) {
        lang_take(parser);
        expr->create.arguments = parse_arguments(parser, expr, &expr->create.count);
    } else if (lang_at(parser, T_LBRACKET)) {
        lang_syntax_hint(parser, lang_here(parser), "`(` behind the class to create",
                         "an array grows: new T[](); new ints(n) has a fixed size");
    } else {
        lang_syntax_error(parser, lang_here(parser), "`(` behind the class to create");
    }
    return expr;
}

static struct expr *
parse_array(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_ARRAY, lang_here(parser));

    lang_take(parser);
    expr->list.items =
        parse_list(parser, T_RBRACKET, &expr->list.count, "behind the elements of the array");
    for (struct expr *item = expr->list.items; item != NULL; item = item->next)
        raise(parser, expr, item);
    return expr;
}

static struct expr *
parse_map(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_MAP, lang_here(parser));
    struct expr **end = &expr->list.items;

    lang_take(parser);
    while (!lang_at(parser, T_RBRACE) && !parser->panic) {
        for (int part = 0; part < 2 && !parser->panic; part++) {
            *end = lang_parse_expr(parser);
            raise(parser, expr, *end);
            end = &(*end)->next;
            if (part == 0)
                lang_expect(parser, T_COLON, "between a key and its value");
        }
        expr->list.count++;
        if (!lang_accept(parser, T_COMMA))
            break;
    }
    lang_expect(parser, T_RBRACE, "behind the pairs of the map");
    return expr;
}

static struct expr *
text_literal(struct parser *parser, const struct token *token)
{
    struct expr *expr = lang_expr(parser, EXPR_STRING, token->place);

    expr->text = token->text;
    return expr;
}

/* The text of a file: UTF-8, or else each byte is a character. */
static struct text *
text_of_file(struct parser *parser, const struct lang_source *file)
{
    struct text *text = lang_alloc(parser->lang, sizeof(*text));
    size_t high = 0;
    size_t count = 1;
    char *bytes;

    for (size_t i = 0; i < file->byte_count && count != 0; i += count)
        count = lang_utf8_length(file->text + i, file->byte_count - i);
    text->bytes = file->byte_count > 0 ? file->text : "";
    text->byte_count = (uint32_t)file->byte_count;
    if (count != 0)
        return text;
    for (size_t i = 0; i < file->byte_count; i++)
        high += (uint8_t)file->text[i] >= 0x80;
    bytes = lang_alloc_large(parser->lang, file->byte_count + high);
    text->bytes = bytes;
    for (size_t i = 0; i < file->byte_count && bytes != NULL; i++) {
        uint8_t byte = (uint8_t)file->text[i];

        if (byte >= 0x80)
            *bytes++ = (char)(0xc0 | byte >> 6);
        *bytes++ = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
    }
    text->byte_count += (uint32_t)high;
    return text;
}

/* import "file": its contents as a string */
static struct expr *
parse_embedded(struct parser *parser)
{
    const struct lang_host *host = parser->lang->host;
    struct expr *expr = lang_expr(parser, EXPR_STRING, lang_here(parser));
    struct lang_source file = { 0 };
    const struct token *token;

    lang_take(parser);
    token = lang_peek(parser, 0);
    expr->place = token->place;
    if (token->kind != T_STRING) {
        lang_syntax_error(parser, token->place, "the name of a file in quotes");
        return expr;
    }
    lang_take(parser);
    expr->text = token->text;
    if (host->embed == NULL || text_length(token->text->bytes) != token->text->byte_count ||
        !host->embed(host->context, token->text->bytes, parser->file->source.path, &file))
        lang_error(parser->lang, parser->file, token->place, "it is looked for beside this one",
                   "this file cannot be read");
    else if (file.trouble != NULL)
        lang_error(parser->lang, parser->file, token->place, NULL, "this file cannot be read: %s",
                   file.trouble);
    else if (file.byte_count > LANG_SOURCE_BYTES_MAX)
        lang_error(parser->lang, parser->file, token->place, NULL,
                   "this file has more than %u bytes", LANG_SOURCE_BYTES_MAX);
    else
        expr->text = text_of_file(parser, &file);
    return expr;
}

/* "a \{b} c": the pieces and the expressions between them. */
static struct expr *
parse_interpolation(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_CONCAT, lang_here(parser));
    struct expr **end = &expr->list.items;

    *end = text_literal(parser, lang_take(parser));
    while (!parser->panic) {
        end = &(*end)->next;
        *end = lang_parse_expr(parser);
        raise(parser, expr, *end);
        end = &(*end)->next;
        if (!lang_at(parser, T_STRING_MIDDLE) && !lang_at(parser, T_STRING_END)) {
            if (!parser->panic)
                lang_syntax_error(parser, lang_here(parser),
                                  "`}` behind the expression in the string");
            break;
        }
        *end = text_literal(parser, lang_peek(parser, 0));
        if (lang_take(parser)->kind == T_STRING_END)
            break;
    }
    return expr;
}

/* fun (a, b) { ... } */
static struct expr *
parse_fun(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_FUN, lang_here(parser));
    struct method *method = lang_alloc(parser->lang, sizeof(*method));
    struct method *outer = parser->method;

    lang_take(parser);
    method->name = parser->lang->names.call;
    method->place = expr->place;
    parser->method = method;
    method->arguments = lang_parse_arguments(parser, method);
    if (!parser->panic)
        method->body = lang_parse_block(parser);
    parser->method = outer;
    expr->fun.method = method;
    return expr;
}

static struct expr *
parse_number(struct parser *parser, bool negative)
{
    const struct token *token = lang_take(parser);
    bool real = token->kind == T_FLOAT || token->kind == T_DOUBLE;
    struct expr *expr = lang_expr(parser, real ? EXPR_DOUBLE : EXPR_INT, token->place);
    uint64_t max = token->kind == T_LONG ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX;

    expr->op = token->kind;
    if (real) {
        expr->number = negative ? -token->number : token->number;
        return expr;
    }
    expr->integer = token->integer;
    if (token->decimal && token->integer > max && !negative)
        lang_error(parser->lang, parser->file, token->place,
                   token->kind == T_LONG ? NULL : "a long has an L behind it: 5000000000L",
                   "this number is too large for %s", token->kind == T_LONG ? "a long" : "an int");
    if (negative)
        expr->integer = 0 - expr->integer;
    if (token->kind != T_LONG)
        expr->integer = (uint64_t)(int64_t)(int32_t)expr->integer;
    return expr;
}

/* A name at the start of an operand. */
static struct expr *
parse_name(struct parser *parser)
{
    const struct lang_names *names = &parser->lang->names;
    const struct token *token = lang_peek(parser, 0);
    enum token_kind behind = lang_peek(parser, 1)->kind;
    struct expr *expr;

    if (token->symbol == names->super_ && (behind == T_DOT || behind == T_LPAREN)) {
        expr = lang_expr(parser, EXPR_SUPER, token->place);
        lang_take(parser);
        return behind == T_LPAREN ? parse_call(parser, expr, names->new_, token->place) : expr;
    }
    if (token->symbol == names->fun && behind == T_LPAREN) {
        size_t close = lang_scan_pair(parser, 1, T_LPAREN, T_RPAREN);

        if (close != 0 && lang_peek(parser, close)->kind == T_LBRACE)
            return parse_fun(parser);
    }
    lang_take(parser);
    if (behind == T_LPAREN)
        return parse_call(parser, NULL, token->symbol, token->place);
    expr = lang_expr(parser, EXPR_NAME, token->place);
    expr->name = token->symbol;
    return expr;
}

static struct expr *
parse_parenthesis(struct parser *parser)
{
    struct expr *expr;

    lang_take(parser);
    expr = lang_parse_expr(parser);
    lang_expect(parser, T_RPAREN, "to close the parenthesis");
    expr->parenthesised = true;
    return expr;
}

static struct expr *
parse_dot_name(struct parser *parser)
{
    struct place place = lang_here(parser);
    struct expr *expr = lang_expr(parser, EXPR_NAME, place);

    lang_take(parser);
    expr->absolute = true;
    expr->name = lang_expect_part(parser, "the name of a package", &place);
    return expr;
}

static struct expr *
parse_primary(struct parser *parser)
{
    const struct token *token = lang_peek(parser, 0);
    struct expr *expr;

    switch (token->kind) {
    case T_NAME:
        return parse_name(parser);
    case T_INT:
    case T_LONG:
    case T_FLOAT:
    case T_DOUBLE:
        return parse_number(parser, false);
    case T_CHAR:
        expr = lang_expr(parser, EXPR_INT, token->place);
        expr->op = T_CHAR;
        expr->integer = lang_take(parser)->integer;
        return expr;
    case T_STRING:
        return text_literal(parser, lang_take(parser));
    case T_STRING_BEGIN:
        return parse_interpolation(parser);
    case T_IMPORT:
        return parse_embedded(parser);
    case T_NULL:
        lang_take(parser);
        return lang_expr(parser, EXPR_NULL, token->place);
    case T_THIS:
        lang_take(parser);
        return lang_expr(parser, EXPR_THIS, token->place);
    case T_NEW:
        return parse_new(parser);
    case T_LPAREN:
        return parse_parenthesis(parser);
    case T_LBRACKET:
        return parse_array(parser);
    case T_LBRACE:
        return parse_map(parser);
    case T_DOT:
        return parse_dot_name(parser);
    default:
        lang_syntax_error(parser, token->place, "an expression");
        return lang_expr(parser, EXPR_ERROR, token->place);
    }
}

/* What stands behind a dot. */
static struct expr *
parse_dot(struct parser *parser, struct expr *object)
{
    const struct token *token;
    struct expr *expr;
    struct symbol *name;
    struct place place;

    lang_take(parser);
    token = lang_peek(parser, 0);
    if (token->kind == T_INT || token->kind == T_LPAREN) {
        struct expr *number =
            token->kind == T_INT ? parse_number(parser, false) : parse_parenthesis(parser);

        expr = parse_call(parser, object, NULL, token->place);
        expr->call.number = number;
        raise(parser, expr, number);
        return expr;
    }
    name = lang_expect_part(parser, "the name of a method or a field behind `.`", &place);
    if (parser->panic)
        return object;
    if (lang_at(parser, T_LPAREN))
        return parse_call(parser, object, name, place);
    expr = lang_expr(parser, EXPR_MEMBER, place);
    expr->member.object = object;
    expr->member.name = name;
    raise(parser, expr, object);
    return expr;
}

static struct expr *
compound(struct parser *parser, const struct token *token, struct expr *target, struct expr *value)
{
    struct expr *expr = lang_expr(parser, EXPR_COMPOUND, token->place);

    expr->op = token->kind;
    expr->assign.target = target;
    expr->assign.value = value;
    raise(parser, expr, target);
    raise(parser, expr, value);
    return expr;
}

static struct expr *
parse_postfix(struct parser *parser, struct expr *expr)
{
    while (!parser->panic) {
        const struct token *token = lang_peek(parser, 0);
        struct expr *index;

        if (token->kind == T_DOT) {
            expr = parse_dot(parser, expr);
        } else if (token->kind == T_LPAREN) {
            expr = parse_call(parser, expr, NULL, token->place);
        } else if (token->kind == T_LBRACKET) {
            index = lang_expr(parser, EXPR_INDEX, token->place);
            lang_take(parser);
            index->index.object = expr;
            index->index.index = lang_parse_expr(parser);
            lang_expect(parser, T_RBRACKET, "behind the index");
            raise(parser, index, expr);
            raise(parser, index, index->index.index);
            expr = index;
        } else if (token->kind == T_INCREMENT || token->kind == T_DECREMENT) {
            lang_take(parser);
            expr = compound(parser, token, expr, NULL);
            expr->postfix = true;
        } else {
            break;
        }
    }
    return expr;
}

void
lang_parse_class_value(struct parser *parser)
{
    if (lang_at(parser, T_LPAREN))
        (void)parse_parenthesis(parser);
    else
        (void)parse_unary(parser);
}

bool
lang_at_cast(const struct parser *parser)
{
    size_t count = lang_scan_type(parser, 1);
    const struct token *behind;
    bool primitive;
    bool array;

    if (count == 0 || lang_peek(parser, 1 + count)->kind != T_RPAREN)
        return false;
    behind = lang_peek(parser, 2 + count);
    primitive = count == 1 && lang_is_primitive_name(parser, lang_peek(parser, 1)->symbol);
    array = lang_peek(parser, count)->kind == T_RBRACKET;
    if (array && lang_peek(parser, count - 1)->kind != T_LBRACKET)
        return false; /* (a[i]) is an element in parentheses */
    switch (behind->kind) {
    case T_NAME:
        return behind->symbol != parser->lang->names.instanceof ;
    case T_INT:
    case T_LONG:
    case T_FLOAT:
    case T_DOUBLE:
    case T_CHAR:
    case T_STRING:
    case T_STRING_BEGIN:
    case T_NULL:
    case T_THIS:
    case T_NEW:
    case T_LPAREN:
    case T_NOT:
    case T_TILDE:
        return true;
    case T_PLUS:
    case T_MINUS:
    case T_LBRACKET:
    case T_INCREMENT:
    case T_DECREMENT:
        return primitive || array;
    default:
        return false;
    }
}

static struct expr *
parse_cast(struct parser *parser)
{
    struct expr *expr = lang_expr(parser, EXPR_CAST, lang_here(parser));

    lang_take(parser);
    expr->cast.syntax = lang_parse_type(parser);
    lang_take(parser); /* the parenthesis: at_cast() saw it */
    expr->cast.operand = parse_unary(parser);
    raise(parser, expr, expr->cast.operand);
    return expr;
}

static struct expr *
parse_operator(struct parser *parser)
{
    const struct token *token = lang_take(parser);
    enum token_kind behind = lang_peek(parser, 0)->kind;
    struct expr *expr;

    if (token->kind == T_MINUS && behind >= T_INT && behind <= T_DOUBLE)
        return parse_postfix(parser, parse_number(parser, true));
    if (token->kind == T_INCREMENT || token->kind == T_DECREMENT)
        return compound(parser, token, parse_unary(parser), NULL);
    expr = lang_expr(parser, token->kind == T_NOT ? EXPR_NOT : EXPR_UNARY, token->place);
    expr->op = token->kind;
    expr->operands.left = parse_unary(parser);
    raise(parser, expr, expr->operands.left);
    return expr;
}

static struct expr *
parse_unary(struct parser *parser)
{
    struct expr *expr;

    if (parser->panic || !lang_enter(parser))
        return lang_expr(parser, EXPR_ERROR, lang_here(parser));
    switch (lang_peek(parser, 0)->kind) {
    case T_MINUS:
    case T_PLUS:
    case T_NOT:
    case T_TILDE:
    case T_INCREMENT:
    case T_DECREMENT:
        expr = parse_operator(parser);
        break;
    case T_LPAREN:
        if (lang_at_cast(parser)) {
            expr = parse_cast(parser);
            break;
        }
        /* fall through */
    default:
        expr = parse_postfix(parser, parse_primary(parser));
    }
    lang_leave(parser);
    return expr;
}

/* How tightly an operator binds, or 0. */
static int
precedence(const struct parser *parser, const struct token *token)
{
    switch (token->kind) {
    case T_OR_OR:
        return 1;
    case T_AND_AND:
        return 2;
    case T_OR:
        return 3;
    case T_XOR:
        return 4;
    case T_AND:
        return 5;
    case T_EQUAL:
    case T_UNEQUAL:
    case T_SAME:
    case T_NOT_SAME:
        return 6;
    case T_LESS:
    case T_GREATER:
    case T_LESS_EQUAL:
    case T_GREATER_EQUAL:
        return 7;
    case T_NAME:
        return token->symbol == parser->lang->names.instanceof ? 7 : 0;
    case T_SHL:
    case T_SHR:
    case T_USHR:
        return 8;
    case T_PLUS:
    case T_MINUS:
        return 9;
    case T_STAR:
    case T_SLASH:
    case T_PERCENT:
        return 10;
    default:
        return 0;
    }
}

static enum expr_kind
binary_kind(int level)
{
    return level == 1                 ? EXPR_OR
           : level == 2               ? EXPR_AND
           : level == 6 || level == 7 ? EXPR_COMPARE
                                      : EXPR_BINARY;
}

static struct expr *
parse_binary(struct parser *parser, int lowest)
{
    struct expr *left = parse_unary(parser);

    while (!parser->panic) {
        const struct token *token = lang_peek(parser, 0);
        int level = precedence(parser, token);

        if (level == 0 || level < lowest)
            break;
        lang_take(parser);
        if (token->kind == T_NAME) {
            struct expr *test = lang_expr(parser, EXPR_INSTANCEOF, token->place);

            test->cast.operand = left;
            test->cast.syntax = lang_parse_type(parser);
            raise(parser, test, left);
            left = test;
        } else {
            left = binary(parser, binary_kind(level), token, left, parse_binary(parser, level + 1));
        }
    }
    return left;
}

static struct expr *
parse_conditional(struct parser *parser)
{
    struct expr *condition = parse_binary(parser, 1);
    struct expr *expr;

    if (parser->panic || !lang_at(parser, T_QUESTION))
        return condition;
    expr = lang_expr(parser, EXPR_CONDITIONAL, lang_here(parser));
    lang_take(parser);
    expr->operands.condition = condition;
    expr->operands.left = lang_parse_expr(parser);
    lang_expect(parser, T_COLON, "between the two values of `?`");
    if (!parser->panic && lang_enter(parser)) {
        expr->operands.right = parse_conditional(parser);
        lang_leave(parser);
    } else {
        expr->operands.right = lang_expr(parser, EXPR_ERROR, expr->place);
    }
    raise(parser, expr, condition);
    raise(parser, expr, expr->operands.left);
    raise(parser, expr, expr->operands.right);
    return expr;
}

/* The operator inside an assignment operator, or END. */
static enum token_kind
compound_operator(enum token_kind kind)
{
    static const uint8_t operators[] = {
        [T_ADD_ASSIGN - T_ADD_ASSIGN] = T_PLUS,    [T_SUB_ASSIGN - T_ADD_ASSIGN] = T_MINUS,
        [T_MUL_ASSIGN - T_ADD_ASSIGN] = T_STAR,    [T_DIV_ASSIGN - T_ADD_ASSIGN] = T_SLASH,
        [T_REM_ASSIGN - T_ADD_ASSIGN] = T_PERCENT, [T_AND_ASSIGN - T_ADD_ASSIGN] = T_AND,
        [T_OR_ASSIGN - T_ADD_ASSIGN] = T_OR,       [T_XOR_ASSIGN - T_ADD_ASSIGN] = T_XOR,
        [T_SHL_ASSIGN - T_ADD_ASSIGN] = T_SHL,     [T_SHR_ASSIGN - T_ADD_ASSIGN] = T_SHR,
        [T_USHR_ASSIGN - T_ADD_ASSIGN] = T_USHR,
    };

    return kind >= T_ADD_ASSIGN && kind <= T_USHR_ASSIGN ? operators[kind - T_ADD_ASSIGN] : T_END;
}

struct expr *
lang_parse_expr(struct parser *parser)
{
    struct expr *expr;
    const struct token *token;

    if (parser->panic || !lang_enter(parser))
        return lang_expr(parser, EXPR_ERROR, lang_here(parser));
    expr = parse_conditional(parser);
    token = lang_peek(parser, 0);
    if (!parser->panic && token->kind == T_ASSIGN) {
        struct expr *assign = lang_expr(parser, EXPR_ASSIGN, token->place);

        lang_take(parser);
        assign->assign.target = expr;
        assign->assign.value = lang_parse_expr(parser);
        raise(parser, assign, expr);
        raise(parser, assign, assign->assign.value);
        expr = assign;
    } else if (!parser->panic && compound_operator(token->kind) != T_END) {
        lang_take(parser);
        expr = compound(parser, token, expr, lang_parse_expr(parser));
        expr->op = (uint8_t)compound_operator(token->kind);
    }
    lang_leave(parser);
    return expr;
}
