/*
 * transfer.c
 *		A sample on its way from one process of a parallel plan to another.
 *
 * What fits into memory is sent as bytes.  What does not has been sorted into
 * temporary files, and only their names are sent: the leader's memory does not
 * grow with the rows that its workers have read.
 *
 * The server deletes its own shared temporary files with the shared memory
 * of the plan, which an aggregate cannot reach.  Ours lie in a directory
 * named after the leader's process, which the leader empties at the end of
 * its transaction, whatever became of the plan.  After a crash the server
 * removes it with everything else in pgsql_tmp.
 */
#include "sample/sample.h"

#include <fcntl.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_tablespace_d.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/fileset.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* This process has written into the directory of its leader, or its own. */
static bool wrote = false;

/* The server numbers its own sets from 0 to INT_MAX - 1. */
#define FILESET_NUMBER ((uint32) INT_MAX + 1)

#define CHUNK 8192

/* More than this goes by file however large work_mem is: a value ends at 1 GB. */
#define MANY_VALUES (32 * 1024 * 1024)

/* The bytes: this, then of each side its values, or the file's name and tablespace. */
typedef struct transfer
{
	int64		excluded;
	mlops_twosample_options options;
	int64		rows[2];
	bool		in_file[2];
} transfer;

typedef struct file_name
{
	Oid			tablespace;
	char		name[SAMPLE_NAME_LENGTH];
} file_name;

static void
leader_fileset(FileSet *set, Oid tablespace)
{
	PGPROC	   *leader = MyProc->lockGroupLeader;

	memset(set, 0, sizeof(*set));
	set->creator_pid = leader ? leader->pid : MyProcPid;
	set->number = FILESET_NUMBER;
	set->ntablespaces = 1;
	set->tablespaces[0] = tablespace;
}

/* Where this session's temporary files go. */
static Oid
temporary_tablespace(void)
{
	Oid			tablespace = InvalidOid;

	PrepareTempTablespaces();
	if (GetTempTablespaces(&tablespace, 1) < 1 || !OidIsValid(tablespace))
		tablespace = MyDatabaseTableSpace;
	return tablespace;
}

/* A file that another process can open, by the name that segment gets. */
BufFile *
mlops_sample_create_named(sample_segment *segment)
{
	static uint32 counter = 0;
	FileSet    *set = palloc(sizeof(FileSet));

	wrote = true;
	segment->tablespace = temporary_tablespace();
	leader_fileset(set, segment->tablespace);
	/* a process number may come again while the leader still reads */
	snprintf(segment->name, sizeof(segment->name), "sample.%d." INT64_FORMAT ".%u", MyProcPid,
			 (int64) MyStartTimestamp, counter++);
	return BufFileCreateFileSet(set, segment->name);
}

/* Everything of one side into a file that another process can open, and nowhere else. */
static void
write_handed(mlops_sample *s, sample_side *side, sample_segment *named)
{
	BufFile    *out = mlops_sample_create_named(named);
	sample_reader *reader = mlops_sample_reader();
	const double *chunk;
	Size		n;

	mlops_sample_rewind(reader, side->value, side->n, side->segments);
	while ((n = mlops_sample_read(reader, &chunk)) > 0)
		for (Size done = 0; done < n; done += CHUNK)
		{
			CHECK_FOR_INTERRUPTS();
			BufFileWrite(out, (void *) (chunk + done), Min(CHUNK, n - done) * sizeof(double));
		}
	BufFileExportFileSet(out);
	BufFileClose(out);
	mlops_sample_reader_free(reader);
	mlops_sample_drop(s, side);
}

/*
 * The name of the file with everything of one side.  Aggregates that share a state ask once
 * each, and the final plan node opens one of the answers: it is the same file.
 */
static void
hand_over(mlops_sample *s, sample_side *side, file_name *file)
{
	if (side->handed == NULL)
	{
		sample_segment *named = MemoryContextAllocZero(s->context, sizeof(sample_segment));

		write_handed(s, side, named);
		side->handed = named;
	}
	memset(file, 0, sizeof(*file));
	file->tablespace = side->handed->tablespace;
	strlcpy(file->name, side->handed->name, sizeof(file->name));
}

/* Open a file that another process wrote. */
void
mlops_sample_open(sample_segment *segment)
{
	FileSet    *set = palloc(sizeof(FileSet));	/* the open file points to it */

	leader_fileset(set, segment->tablespace);
	segment->file = BufFileOpenFileSet(set, segment->name, O_RDONLY, false);
}

void
mlops_sample_delete(sample_segment *segment)
{
	FileSet		set;

	if (segment->name[0] == '\0')
		return;
	leader_fileset(&set, segment->tablespace);
	BufFileDeleteFileSet(&set, segment->name, true);
}

/*
 * Also where no other process takes part: in a partitionwise plan, and when the leader runs a
 * parallel plan alone, which it does for a client that fetches some rows at a time.
 */
static bool
goes_by_file(const sample_side *side)
{
	return side->rows > 0 && (side->handed || side->segments || side->n > MANY_VALUES);
}

static void
append_values(StringInfo out, const sample_side *side)
{
	for (Size done = 0; done < side->n; done += CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(out, (const char *) (side->value + done),
							   Min(CHUNK, side->n - done) * sizeof(double));
	}
}

/* sample_serialize(internal) returns bytea: private to the processes of one server. */
MLOPS_FUNCTION(mlops_sample_serialize);
Datum
mlops_sample_serialize(PG_FUNCTION_ARGS)
{
	mlops_sample *s = (mlops_sample *) PG_GETARG_POINTER(0);
	StringInfoData out;
	transfer	head = {0};
	Size		in_memory = 0;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "a sample exists only inside an aggregate");
	head.excluded = s->excluded;
	head.options = s->options;
	mlops_sample_collected(s);
	for (int i = 0; i < 2; i++)
	{
		head.rows[i] = s->side[i].rows;
		head.in_file[i] = goes_by_file(&s->side[i]);
		if (!head.in_file[i])
			in_memory += s->side[i].n;
	}
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendBinaryStringInfo(&out, (const char *) &head, sizeof(head));
	enlargeStringInfo(&out, (int) (in_memory * sizeof(double)));	/* two times MANY_VALUES */
	for (int i = 0; i < 2; i++)
		if (head.in_file[i])
		{
			file_name	file;

			hand_over(s, &s->side[i], &file);
			appendBinaryStringInfo(&out, (const char *) &file, sizeof(file));
		}
	for (int i = 0; i < 2; i++)
		if (!head.in_file[i])
			append_values(&out, &s->side[i]);
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_BYTEA_P((bytea *) out.data);
}

static void
take(const char **p, const char *end, void *out, Size size)
{
	if (end - *p < size)
		elog(ERROR, "sample ends too early");
	memcpy(out, *p, size);
	*p += size;
}

/* sample_deserialize(bytea, internal) returns internal; files are opened when they are combined. */
MLOPS_FUNCTION(mlops_sample_deserialize);
Datum
mlops_sample_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *in = PG_GETARG_BYTEA_PP(0);
	const char *p = VARDATA_ANY(in);
	const char *end = p + VARSIZE_ANY_EXHDR(in);
	mlops_sample *s;
	transfer	head;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "a sample exists only inside an aggregate");
	take(&p, end, &head, sizeof(head));
	s = mlops_sample_create(CurrentMemoryContext);
	s->excluded = head.excluded;
	s->options = head.options;
	for (int i = 0; i < 2; i++)
	{
		s->side[i].rows = head.rows[i];
		s->side[i].sorted = true;
		if (head.in_file[i])
		{
			sample_segment *segment = palloc0(sizeof(sample_segment));
			file_name	file;

			take(&p, end, &file, sizeof(file));
			segment->n = head.rows[i];
			segment->tablespace = file.tablespace;
			strlcpy(segment->name, file.name, sizeof(segment->name));
			s->side[i].segments = list_make1(segment);
		}
	}
	for (int i = 0; i < 2; i++)
		if (!head.in_file[i] && head.rows[i] > 0)
		{
			Size		size = head.rows[i] * sizeof(double);

			s->side[i].n = s->side[i].capacity = head.rows[i];
			s->side[i].value = MemoryContextAllocHuge(CurrentMemoryContext, size);
			take(&p, end, s->side[i].value, size);
		}
	if (p != end)
		elog(ERROR, "sample has trailing bytes");
	PG_RETURN_POINTER(s);
}

static void
delete_leftovers(Oid tablespace)
{
	FileSet		set;

	leader_fileset(&set, tablespace);
	FileSetDeleteAll(&set);		/* says nothing if there is no such directory */
}

/*
 * A plan that was cut short may have left files that its leader never heard
 * of, in any tablespace: temp_tablespaces may have been another one then.
 */
static void
end_of_transaction(XactEvent event, void *arg)
{
	DIR		   *dir;
	struct dirent *entry;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	/* a worker has a small transaction of its own when it starts: others may have written by then */
	if (IsParallelWorker())
		return;
	/* only after a plan with other processes a session leads a group (then for ever) */
	if (!OidIsValid(MyDatabaseTableSpace) || (!wrote && MyProc->lockGroupLeader == NULL))
		return;
	wrote = false;
	delete_leftovers(MyDatabaseTableSpace);
	dir = AllocateDir("pg_tblspc");
	while ((entry = ReadDirExtended(dir, "pg_tblspc", LOG)) != NULL)
		if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name))
			delete_leftovers(atooid(entry->d_name));
	if (dir)
		FreeDir(dir);
}

void
mlops_sample_init(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
}
