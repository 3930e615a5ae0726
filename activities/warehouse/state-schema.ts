/** Where this project keeps what is its own in a warehouse: a schema beside the data of others. */

/** Not quoted anywhere: DuckDB keeps it as it is, Snowflake in upper case. */
export const STATE_SCHEMA = 'iterable_recipes';
