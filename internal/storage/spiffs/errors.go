package spiffs

import "fmt"

// Error is an error of SPIFFS, with its number (app/spiffs/spiffs.h).
type Error int32

// The errors. Those of checks that the firmware's build has not are left out.
const (
	ErrNotMounted        Error = -10000
	ErrFull              Error = -10001
	ErrNotFound          Error = -10002
	ErrEndOfObject       Error = -10003
	ErrDeleted           Error = -10004
	ErrNotFinalized      Error = -10005
	ErrNotIndex          Error = -10006
	ErrOutOfFileDescs    Error = -10007
	ErrFileClosed        Error = -10008
	ErrBadDescriptor     Error = -10010
	ErrIsIndex           Error = -10011
	ErrIsFree            Error = -10012
	ErrIndexSpanMismatch Error = -10013
	ErrDataSpanMismatch  Error = -10014
	ErrIndexRefFree      Error = -10015
	ErrIndexRefLU        Error = -10016
	ErrIndexRefInvalid   Error = -10017
	ErrIndexFree         Error = -10018
	ErrIndexLU           Error = -10019
	ErrIndexInvalid      Error = -10020
	ErrNotWritable       Error = -10021
	ErrNotReadable       Error = -10022
	ErrConflictingName   Error = -10023
	ErrNotConfigured     Error = -10024
	ErrNotAFS            Error = -10025
	ErrMagicNotPossible  Error = -10028
	ErrNoDeletedBlocks   Error = -10029
	ErrFileExists        Error = -10030
	ErrProbeTooFewBlocks Error = -10034
	ErrProbeNotAFS       Error = -10035
	ErrNameTooLong       Error = -10036
	ErrSeekBounds        Error = -10040
	// ErrVisited is what Errno tells after the last file of a directory: no error,
	// but the C code notes it.
	ErrVisited Error = -10072
)

// Name is the error's name in C.
func (e Error) Name() string {
	name, _ := e.describe()
	return name
}

// Error says what is wrong, with the number.
func (e Error) Error() string {
	name, words := e.describe()
	return fmt.Sprintf("%s (%s, %d)", words, name, int32(e))
}

func (e Error) describe() (name, words string) {
	switch e {
	case ErrNotMounted:
		return "SPIFFS_ERR_NOT_MOUNTED", "the file system is not mounted"
	case ErrFull:
		return "SPIFFS_ERR_FULL", "the file system is full"
	case ErrNotFound:
		return "SPIFFS_ERR_NOT_FOUND", "no such file, or a page of it is missing"
	case ErrEndOfObject:
		return "SPIFFS_ERR_END_OF_OBJECT", "past the end of the file"
	case ErrOutOfFileDescs:
		return "SPIFFS_ERR_OUT_OF_FILE_DESCS", "too many open files"
	case ErrFileClosed:
		return "SPIFFS_ERR_FILE_CLOSED", "the file is closed"
	case ErrBadDescriptor:
		return "SPIFFS_ERR_BAD_DESCRIPTOR", "no such file descriptor"
	case ErrNotWritable:
		return "SPIFFS_ERR_NOT_WRITABLE", "the file is not open for writing"
	case ErrNotReadable:
		return "SPIFFS_ERR_NOT_READABLE", "the file is not open for reading"
	case ErrConflictingName:
		return "SPIFFS_ERR_CONFLICTING_NAME", "there is a file of that name"
	case ErrFileExists:
		return "SPIFFS_ERR_FILE_EXISTS", "the file exists"
	case ErrNoDeletedBlocks:
		return "SPIFFS_ERR_NO_DELETED_BLOCKS", "no block can be erased as it is"
	case ErrNameTooLong:
		return "SPIFFS_ERR_NAME_TOO_LONG", "the name is too long"
	case ErrSeekBounds:
		return "SPIFFS_ERR_SEEK_BOUNDS", "position before the start of the file"
	case ErrVisited:
		return "SPIFFS_VIS_END", "end of the search"
	}
	return e.describeMount()
}

func (e Error) describeMount() (name, words string) {
	switch e {
	case ErrNotConfigured:
		return "SPIFFS_ERR_NOT_CONFIGURED", "no place that a file system fits in"
	case ErrNotAFS:
		return "SPIFFS_ERR_NOT_A_FS", "no file system: two or more blocks have no magic number"
	case ErrMagicNotPossible:
		return "SPIFFS_ERR_MAGIC_NOT_POSSIBLE", "blocks of this size have no room for a magic number"
	case ErrProbeTooFewBlocks:
		return "SPIFFS_ERR_PROBE_TOO_FEW_BLOCKS", "no file system: the first magic number stands for less than 3 blocks"
	case ErrProbeNotAFS:
		return "SPIFFS_ERR_PROBE_NOT_A_FS", "no file system: the first blocks have no magic numbers that follow on each other"
	}
	return e.describeDamage()
}

func (e Error) describeDamage() (name, words string) {
	switch e {
	case ErrDeleted:
		return "SPIFFS_ERR_DELETED", "damaged file: a page of it is deleted"
	case ErrNotFinalized:
		return "SPIFFS_ERR_NOT_FINALIZED", "damaged file: a page of it was not written completely"
	case ErrNotIndex:
		return "SPIFFS_ERR_NOT_INDEX", "damaged file: data where an index should be"
	case ErrIsIndex:
		return "SPIFFS_ERR_IS_INDEX", "damaged file: an index where data should be"
	case ErrIsFree:
		return "SPIFFS_ERR_IS_FREE", "damaged file: a page of it is free"
	case ErrIndexSpanMismatch:
		return "SPIFFS_ERR_INDEX_SPAN_MISMATCH", "damaged file: another part of the index than expected"
	case ErrDataSpanMismatch:
		return "SPIFFS_ERR_DATA_SPAN_MISMATCH", "damaged file: another part of the data than expected"
	case ErrIndexRefFree:
		return "SPIFFS_ERR_INDEX_REF_FREE", "damaged file: the index has no page where it should have one"
	case ErrIndexRefLU:
		return "SPIFFS_ERR_INDEX_REF_LU", "damaged file: the index leads to a lookup page"
	case ErrIndexRefInvalid:
		return "SPIFFS_ERR_INDEX_REF_INVALID", "damaged file: the index leads out of the file system"
	case ErrIndexFree:
		return "SPIFFS_ERR_INDEX_FREE", "damaged file: an index page is not there"
	case ErrIndexLU:
		return "SPIFFS_ERR_INDEX_LU", "damaged file: an index page would be a lookup page"
	case ErrIndexInvalid:
		return "SPIFFS_ERR_INDEX_INVALID", "damaged file: an index page would be outside of the file system"
	}
	return "SPIFFS_ERR", "unknown error"
}
