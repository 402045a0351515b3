/* Numbers of the Parquet format, from parquet.thrift. */
#ifndef DA_STORE_PARQUET_FORMAT_H
#define DA_STORE_PARQUET_FORMAT_H

enum { PARQUET_BOOLEAN = 0, PARQUET_INT64 = 2, PARQUET_DOUBLE = 5, PARQUET_BYTE_ARRAY = 6 }; /* Type */
enum { PARQUET_REQUIRED = 0, PARQUET_REPEATED = 2 };                                         /* FieldRepetitionType */
enum { PARQUET_UTF8 = 0, PARQUET_LIST = 3 };                                                 /* ConvertedType */
enum { PARQUET_LOGICAL_STRING = 1, PARQUET_LOGICAL_LIST = 3 };                               /* fields of LogicalType */
enum {
  PARQUET_PLAIN = 0,
  PARQUET_RLE = 3,
  PARQUET_DELTA_BINARY_PACKED = 5,
  PARQUET_DELTA_BYTE_ARRAY = 7,
  PARQUET_RLE_DICTIONARY = 8
};                                                           /* Encoding */
enum { PARQUET_DATA_PAGE = 0, PARQUET_DICTIONARY_PAGE = 2 }; /* PageType */
enum { PARQUET_UNCOMPRESSED = 0 };                           /* CompressionCodec */

#endif
