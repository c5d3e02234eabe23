/* SPDX-License-Identifier: Apache-2.0 */
/* question.c - see question.h: a question as text. */
#include <errno.h>
#include <string.h>
#include "pipeline/question.h"

struct str operand_text(const struct operand *operand, const struct str *values)
{
	return operand->value < 0 ? operand->text : values[operand->value];
}

bool question_has_quote(struct str value)
{
	return value.len &&
	       (memchr(value.ptr, '"', value.len) || memchr(value.ptr, '\'', value.len));
}

static void put_quoted(struct buf *b, struct str text, char quote)
{
	buf_putc(b, quote);
	buf_put(b, text);
	buf_putc(b, quote);
}

static bool put_operands(struct buf *b, const struct question_step *step,
			 const struct str *values, char quote)
{
	size_t i;

	for (i = 0; i < step->operands; i++) {
		struct str text = operand_text(&step->operand[i], values);

		if (question_has_quote(text))
			return false;
		if (i)
			buf_puts(b, ", ");
		if (step->operand[i].is_number)
			buf_put(b, text);
		else
			put_quoted(b, text, quote);
	}
	return true;
}

/* "Type", "netns". */
static bool put_pair(struct buf *b, const struct question_step *step,
		     const struct str *values, char quote)
{
	static const char *const open[] = { "", "Regex(", "Within(" };
	bool is_fine;

	put_quoted(b, step->key, quote);
	buf_puts(b, ", ");
	buf_puts(b, open[step->test]);
	is_fine = put_operands(b, step, values, quote);
	if (step->test != TEST_IS)
		buf_putc(b, ')');
	return is_fine;
}

static bool put_step(struct buf *b, const struct question_step *step,
		     const struct str *values, char quote)
{
	static const char *const name[] = {
		"Has",	 "HasKey", "In",    "Out", "Both", "ShortestPathTo",
		"Dedup", "Values", "Limit",
	};
	bool is_fine = true;

	buf_putc(b, '.');
	buf_puts(b, name[step->kind]);
	buf_putc(b, '(');
	if (step->kind == STEP_LIMIT)
		buf_printf(b, "%zu", step->limit);
	else if (step->kind == STEP_PATH_TO)
		buf_puts(b, "Metadata(");
	if (step->operands)
		is_fine = put_pair(b, step, values, quote);
	else if (step->kind == STEP_HAS_KEY || step->kind == STEP_VALUES)
		put_quoted(b, step->key, quote);
	if (step->kind == STEP_PATH_TO)
		buf_putc(b, ')');
	return is_fine;
}

bool question_put(struct buf *b, const struct question *q, const struct str *values)
{
	char quote = q->quote ? q->quote : '"';
	bool is_fine = true;
	size_t i;

	buf_puts(b, "G.V()");
	for (i = 0; is_fine && i < q->steps; i++) {
		const struct question_step *step = &q->step[i];

		if (question_has_quote(step->key))
			return false;
		if (step->is_joined && (q->step[i - 1].kind == STEP_HAS))
			buf_puts(b, ", ");
		is_fine = step->is_joined ? put_pair(b, step, values, quote)
					  : put_step(b, step, values, quote);
		if (i + 1 == q->steps || !q->step[i + 1].is_joined)
			buf_putc(b, ')');
	}
	return is_fine && !buf_error(b);
}

/* What is left of the text, and where its parts go. */
struct question_reader {
	struct str rest;
	struct question_parsed *out;
	struct err *err;
};

/* For a message: where it is. */
static struct str question_here(const struct question_reader *r)
{
	return (struct str){ r->rest.ptr, r->rest.len < 20 ? r->rest.len : 20 };
}

static void skip_blanks(struct question_reader *r)
{
	while (r->rest.len && (*r->rest.ptr == ' ' || *r->rest.ptr == '\t' ||
			       *r->rest.ptr == '\n' || *r->rest.ptr == '\r'))
		r->rest = str_skip(r->rest, 1);
}

static bool question_takes(struct question_reader *r, char c)
{
	skip_blanks(r);
	if (!r->rest.len || *r->rest.ptr != c)
		return false;
	r->rest = str_skip(r->rest, 1);
	return true;
}

static int question_expect(struct question_reader *r, char c)
{
	if (question_takes(r, c))
		return 0;
	return err_set(r->err, "a \"%c\" is missing before \"" STR_FMT "\"", c,
		       STR_ARG(question_here(r)));
}

static struct str take_word(struct question_reader *r)
{
	struct str word;
	size_t n = 0;

	skip_blanks(r);
	while (n < r->rest.len && ((r->rest.ptr[n] | 0x20) >= 'a') &&
	       ((r->rest.ptr[n] | 0x20) <= 'z'))
		n++;
	word = (struct str){ r->rest.ptr, n };
	r->rest = str_skip(r->rest, n);
	return word;
}

static bool take_quoted(struct question_reader *r, struct str *text)
{
	const char *end;
	char quote;

	skip_blanks(r);
	if (!r->rest.len || (*r->rest.ptr != '"' && *r->rest.ptr != '\''))
		return false;
	quote = *r->rest.ptr;
	end = memchr(r->rest.ptr + 1, quote, r->rest.len - 1);
	if (!end)
		return false;
	*text = (struct str){ r->rest.ptr + 1, (size_t)(end - r->rest.ptr) - 1 };
	r->rest = str_skip(r->rest, text->len + 2);
	return true;
}

static bool take_number(struct question_reader *r, struct str *text)
{
	size_t n = 0;

	skip_blanks(r);
	while (n < r->rest.len && ((r->rest.ptr[n] >= '0' && r->rest.ptr[n] <= '9') ||
				   (n == 0 && r->rest.ptr[n] == '-')))
		n++;
	*text = (struct str){ r->rest.ptr, n };
	r->rest = str_skip(r->rest, n);
	return n > 0;
}

static int read_operand(struct question_reader *r, struct question_step *step)
{
	struct question_parsed *out = r->out;
	struct operand *operand = &out->operand[out->operands];

	if (out->operands == QUESTION_OPERANDS_MAX)
		return err_set(r->err, "it has too many values");
	*operand = (struct operand){ .value = -1 };
	if (!take_quoted(r, &operand->text)) {
		operand->is_number = take_number(r, &operand->text);
		if (!operand->is_number)
			return err_set(r->err,
				       "\"" STR_FMT "\" is neither text nor number",
				       STR_ARG(question_here(r)));
	}
	if (!step->operands++)
		step->operand = operand;
	out->operands++;
	return 0;
}

/* "x", Regex("x"), Within("x", "y"). */
static int read_test(struct question_reader *r, struct question_step *step)
{
	struct str word = take_word(r);
	int error;

	if (!word.len)
		return read_operand(r, step);
	if (str_equal_nocase(word, STR("Regex")))
		step->test = TEST_MATCHES;
	else if (str_equal_nocase(word, STR("Within")))
		step->test = TEST_WITHIN;
	else
		return err_set(r->err, "it tests with " STR_FMT "()", STR_ARG(word));
	error = question_expect(r, '(');
	do {
		error = error ? error : read_operand(r, step);
	} while (!error && step->test == TEST_WITHIN && question_takes(r, ','));
	return error ? error : question_expect(r, ')');
}

static int read_key(struct question_reader *r, struct question_step *step)
{
	if (take_quoted(r, &step->key))
		return 0;
	return err_set(r->err, "a key in quotes is missing");
}

static struct question_step *next_step(struct question_reader *r,
				       enum question_step_kind kind)
{
	struct question_parsed *out = r->out;
	struct question_step *step = &out->step[out->question.steps];

	if (out->question.steps == QUESTION_STEPS_MAX) {
		err_set(r->err, "it has more than %d steps", QUESTION_STEPS_MAX);
		return NULL;
	}
	out->question.steps++;
	*step = (struct question_step){ .kind = kind };
	return step;
}

/* Pairs of key and test, from the one at hand to the parenthesis. */
static int read_pairs(struct question_reader *r, struct question_step *step)
{
	int error = read_key(r, step);

	error = error ? error : question_expect(r, ',');
	error = error ? error : read_test(r, step);
	while (!error && question_takes(r, ',')) {
		step = next_step(r, STEP_HAS);
		if (!step)
			return -EINVAL;
		step->is_joined = true;
		error = read_key(r, step);
		error = error ? error : question_expect(r, ',');
		error = error ? error : read_test(r, step);
	}
	return error;
}

/* Between the parentheses of In, Out and Both. */
static int read_neighbors(struct question_reader *r)
{
	struct question_step *step;

	skip_blanks(r);
	if (r->rest.len && *r->rest.ptr == ')')
		return 0;
	step = next_step(r, STEP_HAS);
	if (!step)
		return -EINVAL;
	step->is_joined = true;
	return read_pairs(r, step);
}

static int read_path(struct question_reader *r, struct question_step *step)
{
	int error;

	if (!str_equal_nocase(take_word(r), STR("Metadata")))
		return err_set(r->err, "ShortestPathTo() names more than Metadata()");
	error = question_expect(r, '(');
	error = error ? error : read_key(r, step);
	error = error ? error : question_expect(r, ',');
	error = error ? error : read_test(r, step);
	return error ? error : question_expect(r, ')');
}

static int read_limit(struct question_reader *r, struct question_step *step)
{
	struct str number;
	size_t i;

	if (!take_number(r, &number) || *number.ptr == '-' || number.len > 9)
		return err_set(r->err, "Limit() needs a number");
	for (i = 0; i < number.len; i++)
		step->limit = step->limit * 10 + (size_t)(number.ptr[i] - '0');
	return 0;
}

/* As they are usually written, or else in other letters. */
static bool is_step(struct str word, struct str name)
{
	return word.len == name.len && (memcmp(word.ptr, name.ptr, name.len) == 0 ||
					str_equal_nocase(word, name));
}

static int read_step(struct question_reader *r)
{
	static const struct {
		struct str name;
		enum question_step_kind kind;
	} names[] = {
		{ QUESTION_TEXT("Has"), STEP_HAS },
		{ QUESTION_TEXT("HasKey"), STEP_HAS_KEY },
		{ QUESTION_TEXT("In"), STEP_IN },
		{ QUESTION_TEXT("Out"), STEP_OUT },
		{ QUESTION_TEXT("Both"), STEP_BOTH },
		{ QUESTION_TEXT("ShortestPathTo"), STEP_PATH_TO },
		{ QUESTION_TEXT("Dedup"), STEP_DEDUP },
		{ QUESTION_TEXT("Values"), STEP_VALUES },
		{ QUESTION_TEXT("Limit"), STEP_LIMIT },
	};
	const size_t count = sizeof(names) / sizeof(names[0]);
	struct str word = take_word(r);
	struct question_step *step;
	size_t i;
	int error;

	for (i = 0; i < count && !is_step(word, names[i].name); i++)
		;
	if (i == count)
		return err_set(r->err, "it has the step " STR_FMT "()", STR_ARG(word));
	step = next_step(r, names[i].kind);
	error = step ? question_expect(r, '(') : -EINVAL;
	if (error || names[i].kind == STEP_DEDUP)
		return error ? error : question_expect(r, ')');
	if (names[i].kind == STEP_HAS)
		error = read_pairs(r, step);
	else if (names[i].kind == STEP_PATH_TO)
		error = read_path(r, step);
	else if (names[i].kind == STEP_LIMIT)
		error = read_limit(r, step);
	else if (names[i].kind == STEP_HAS_KEY || names[i].kind == STEP_VALUES)
		error = read_key(r, step);
	else
		error = read_neighbors(r);
	return error ? error : question_expect(r, ')');
}

/* Nodes are what all steps but the last are about. */
static int check_order(const struct question *q, struct err *err)
{
	size_t i;

	for (i = 0; i + 1 < q->steps; i++)
		if (q->step[i].kind == STEP_VALUES && q->step[i + 1].kind != STEP_LIMIT)
			return err_set(err, "something follows Values()");
	return 0;
}

int question_parse(struct str text, struct question_parsed *out, struct err *err)
{
	struct question_reader r = { .rest = text, .out = out, .err = err };
	int error = 0;

	out->question = (struct question){ .step = out->step };
	out->operands = 0;
	if (!str_equal_nocase(take_word(&r), STR("G")) || !question_takes(&r, '.') ||
	    !str_equal_nocase(take_word(&r), STR("V")) || !question_takes(&r, '(') ||
	    !question_takes(&r, ')'))
		return err_set(err, "it does not begin with G.V()");
	while (!error && question_takes(&r, '.'))
		error = read_step(&r);
	skip_blanks(&r);
	if (!error && r.rest.len)
		return err_set(err, "\"" STR_FMT "\" follows its last step",
			       STR_ARG(question_here(&r)));
	return error ? error : check_order(&out->question, err);
}
