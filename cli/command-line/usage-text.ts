/** The help of all commands. */
export const USAGE = `Usage: hearthdb start [--no-self-scrape]
       hearthdb keys create [--iam ARN | --oidc VALUE] [--tenant NAME] [--scopes read,write,rules,admin] [--match SELECTOR] [--note TEXT] [--expires WHEN] [--json]
       hearthdb keys rotate ID [--grace DURATION] [--expires WHEN] [--json]
       hearthdb keys list [--json]
       hearthdb keys disable ID
       hearthdb keys enable ID
       hearthdb keys delete ID
       hearthdb tenants list [--json]
       hearthdb tenants set NAME [--retention-days N|default] [--rollup-days N|default]
                                    [--ha-labels on|CLUSTER,REPLICA|off|default]
                                    [--limit NAME=VALUE|off|default]... [--key ID]
       hearthdb tenants delete NAME [--yes]
       hearthdb usage [--from DAY] [--to DAY] [--by tenant,key,route,day,metric] [--tenant NAME] [--storage] [--json]
       hearthdb usage --queries|--slowest [--from DAY] [--to DAY] [--tenant NAME] [--json]
       hearthdb delete --match SELECTOR... [--tenant NAME] [--start T] [--end T] [--dry-run | --yes]
       hearthdb delete --pending [--tenant NAME]
       hearthdb audit [--days N] [--json]
       hearthdb compact [--all | --finish] [--retention-days N] [--rollup-days N]
       hearthdb verify [--tenant NAME] [--from DAY] [--to DAY] [--json] [--yes]
       hearthdb repair [--tenant NAME] [--from DAY] [--to DAY] [--accept-loss] [--yes]
       hearthdb inspect [--tenant NAME] --day DAY | --key KEY
       hearthdb gc [--delete]
       hearthdb explain EXPR [--time T | --start T --end T --step D] [--lookback-delta D] [--tenant NAME] [--json]
       hearthdb import PATH|s3://BUCKET/PREFIX|FILE.om|- [--tenant NAME] [--start T] [--end T] [--match SELECTOR]... [--label EDIT]... [--dry-run] [--yes]
       hearthdb import --from-remote-read URL --start T [--end T] [--username NAME] [--password-file FILE] [--bearer-token-file FILE] [--header NAME:VALUE]... [--yes]
       hearthdb export DIR [--tenant NAME] [--start T] [--end T] [--match SELECTOR]... [--resolution 1h] [--yes]
       hearthdb export FILE|- --format openmetrics [--tenant NAME] [--start T] [--end T] [--match SELECTOR]... [--resolution 1h] [--yes]
       hearthdb export FILE|- --format csv --query EXPR --start T --end T --step D [--tenant NAME]
       hearthdb rules check [FILE...] [--lint all|duplicate-rules|none] [--lint-fatal] [--ignore-unknown-fields]
       hearthdb rules test FILE... [--run PATTERN]... [--junit FILE] [--diff] [--debug] [--ignore-unknown-fields]
       hearthdb rules sync FILE... [--tenant NAME] [--namespace NAME] [--dry-run]
       hearthdb rules list [--tenant NAME] [--namespace NAME] [--json | --yaml]
       hearthdb rules delete FILE...|--namespace NAME [--group NAME] [--tenant NAME] [--dry-run]
       hearthdb estimate --prometheus URL | --series N [--interval D | --samples-per-second N] [--new-series-per-day N] [--samples-per-request N] [--retention-days N] [--rollup-days N] [--panels-per-day N] [--write-function-url] [--json]
       hearthdb help [COMMAND]
       hearthdb --version

help COMMAND prints what concerns one command.

start runs Hearth on this machine, as npm start does in a clone.

keys: --scopes says what a key may do: read queries, write samples, rules shows and changes rules,
admin deletes series; the default is read,write. A key created for tenant "*" chooses the tenant of
each request by the X-Scope-OrgID header. --match '{team="a"}' narrows what the key reads to the series
that pass; such a key has the scope read, or read,write. --iam lets an IAM user or role use a deployed stack without
a secret, on the paths below /iam: a user, a role (all of its sessions), or one session of a role. --oidc lets
bearer tokens of the deployment's issuer in whose claim (sub by default) has this value.
With HEARTH_ACCESS_KEY_ID and HEARTH_SECRET_ACCESS_KEY set, create creates that key. --expires is a
day, a time or a duration from now (90d). rotate creates a key like another one, which then ends after
--grace (default 7d).

tenants set changes settings of one tenant: how many days samples are kept (0: for ever; default: as
the deployment says), and which labels name the replicas of a high-availability pair (on:
cluster,__replica__; default: off). --limit sets a limit, such as samples-per-second=10000; with --key
that of one access key. docs/limits.md lists them.

tenants delete deletes everything of a tenant: samples, settings, rules, keys. It says what that is and
costs, and asks for the name; stopped, the same command goes on.

usage says what tenants, keys and routes have used of the table on some UTC days (default: today) and
what that costs in dollars. --queries lists the queries that cost the most, --slowest those that took
longest. --storage goes through the whole table first and counts what tenants and metrics have at rest.

delete takes series out of every answer, as the API's delete_series does. It counts series and samples
first and asks; --dry-run only counts. Written again later, they count again. --pending lists the days
whose chunks still hold what is deleted.

audit lists changes of keys, tenants, rules, deletions and repairs, and who made them.

compact does what the schedule does every five minutes. Log records that have waited ten minutes
become runs; closed buckets become chunks. --all takes every record older than a minute; --finish
also looks at every day of every tenant, as before a stack is removed.

verify walks through days (YYYY-MM-DD, UTC) and says what is damaged, missing or miscounted and what
is lost; it ends with status 3 if anything is. repair mends what can be mended; --accept-loss also
stores parts again without what is lost. inspect prints a day, or an item by its key. gc lists parts
that no manifest names, and deletes them with --delete; work under way is left alone.

compact, verify and repair go by the deployment's retention: that of --stack, --retention-days N, or
HEARTH_RETENTION_DAYS; 0 keeps for ever.

explain prints the plan of a PromQL query and its reads, without evaluating it: which series and times
each selector reads, and by day from which manifest, index, log, runs and chunks. Times are RFC 3339
or seconds since the epoch, a step is seconds or 1m30s. The default is an instant query now.

import stores samples straight as chunks, past the log: blocks of Prometheus, Thanos and Mimir (a block, or a
folder or S3 prefix of blocks), OpenMetrics text (.om, .txt, - for standard input), or what another server
has by remote read. It says what there is and what it costs, and asks. --match takes series by their labels
as they will be stored, --label add:NAME=VALUE, drop:NAME or rename:OLD=NEW changes them. External labels of
Thanos and Mimir are added; --no-external-labels leaves them out. --write-units-per-second N slows it down.
Repeated, it goes on where it was stopped.

export writes a Prometheus block for each UTC day to DIR, or OpenMetrics text, or the result of a range
query as CSV. - is standard output. --resolution 1h writes the last sample of each hour, of days whose samples
have expired too.

rules check says what promtool check rules says: status 1 for errors, 3 for lint with --lint-fatal. rules
test runs the test files of promtool test rules; it needs no table. --enable-feature
promql-experimental-functions,promql-delayed-name-removal is as promtool's. rules sync makes a namespace
hold what a rule file holds, and --dry-run prints what would change; the namespace is the file's name
unless --namespace names one. rules delete removes the groups of a namespace, or one of them.

estimate prints the dollars a month of a load with Hearth, on demand and provisioned, and with managed
services: ingest, storage, recovery, logs and queries, at list prices. It needs no table. --prometheus reads
series, samples a second and new series a day from a Prometheus; --username, --password-file,
--bearer-token-file and --header are for its access. Defaults: an interval of 15s, samples kept 90 days,
hourly rows 365 days, 20000 panels a day.

The table that a command works on:
  --stack NAME        of a deployed stack, found through its outputs
  --data-dir DIR      of npm start in DIR, running or not (default .hearth, or HEARTH_DATA_DIR)
  --table NAME        a DynamoDB table (or HEARTH_TABLE)
  --endpoint-url URL  in another DynamoDB than the region's (or AWS_ENDPOINT_URL_DYNAMODB)
  --region REGION     in that region (or AWS_REGION)
--stack, --table and --endpoint-url use the AWS credentials of the environment.
`;
