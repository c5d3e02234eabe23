# SPDX-License-Identifier: Apache-2.0
"""Seeds made by hand, for targets that the recordings say nothing about, and for odd corners of the others."""
import struct

OBJECT_SPEC = (b'{"format":1,"tag":"ingress","dirname":"bucket","prefix":"logs","content_encoding":"auto",'
          b'"record":"vpclogs","header":"%s","encode":"json","compress":"%s","compress_options":{"level":%d}}')
SLOTTED = (OBJECT_SPEC % (b"none", b"none", 0)).replace(
    b'"content_encoding"', b'"layout":"{year}{month}{day}{hour}{minute}/{tag}/{stream}/{sequence}","slot_ms":%s,"content_encoding"')
ENVELOPE = (b'{"format":1,"key":"logs/ingress/20200101T000000Z/00000001.gz","dirname":"bucket",'
            b'"content_type":"application/json","content_encoding":"gzip","records":3,"size":17,"sha256":"%s",'
            b'"md5":"%s","metadata":{"first-timestamp":"1","num-records":"3"}}') % (b"0a" * 32, b"1f" * 16)
LEDGER = (b'{"format":1,"sequence":7,"since_ms":1551199609804,"next_id":42,"sealed_objects":10,"sealed_records":100,'
          b'"sealed_bytes":1000,"uploaded_objects":6,"uploaded_records":60,"uploaded_bytes":600,"evicted_objects":1,'
          b'"evicted_records":10,"evicted_bytes":100,"step":"%s","id":5,"to":6,"step_objects":1,"step_records":11,'
          b'"step_bytes":111,"counters":{"flows_received":200,"flows_dropped_inbox_full":3}}')
STORED = (b'{"at_ms":1,"place":"p"}\n{"at_ms":2,"records":3,"bytes":40,"key":"l/a"}\n{"at_ms":2,"bytes":41,"key":"l/b\\n"}\n'
          b'{"at_ms":3,"missed":7}\n{"at_ms":4,"place":"q"}\n{"at_ms":5,"bytes":1,"key":"\xff"}\n{"at_ms":')
LISTING = (b'<?xml version="1.0"?><ListBucketResult xmlns="x"><Name>b</Name>%s<IsTruncated>%s</IsTruncated>%s'
           b'</ListBucketResult>')
LISTED = b'<Contents><Key>%s</Key><Size>%s</Size></Contents>'
ERROR = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>No.</Message></Error>'


def spool_frame(kind, payload, records=0, times=(0, 0)):
    """A frame of an open file; the target sets its checksum."""
    return struct.pack("<IIIIqq", len(payload), 0, kind, records, *times) + payload


def spool(*frames):
    return b"\x01" + b"".join(frames)


HEAD = spool_frame(1, OBJECT_SPEC % (b"vpclogs", b"gzip", 6))
PLAIN = spool_frame(1, OBJECT_SPEC % (b"none", b"none", 0))
ROWS = spool_frame(2, b",\n{\"a\":1},\n{\"a\":2}", 2, (1000, 2000))
SEAL = spool_frame(3, b'{"key":"logs/ingress/1.gz","lost_flows":7}', 4, (1000, 3000))

HANDSHAKE = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Host-ID: a\r\nX-Service-Type: analyzer\r\n\r\n")

CONFIG = b"""include: exporter.d/*.yml
pipeline:
  classify: {cluster_net_masks: [10.0.0.0/8, 'fd00::/8']}
  filter: {excluded_tags: [other]}
  transform: {type: vpclogs, excluded_tags: [internal]}
  store: {type: buffered, buffered: {dirname: b, filename_prefix: p, max_flows_per_object: 1000}}
  write: {type: s3, s3: {endpoint: 'http://127.0.0.1:9000', access_key: a, secret_key: s, region: r}}
spool: {max_bytes: 1GiB, max_age: 7d, directory: /nowhere}
analyzers: ['127.0.0.1:8082']
"""



def files(main, **drop_ins):
    """A main file and its drop-ins, whose names are in their first lines."""
    return b"\f".join([main, *(b"#%s\n%s" % (name.encode(), text) for name, text in drop_ins.items())])


def own(prefix, more=b""):
    """A drop-in that says where its objects go, and more of the pipeline."""
    return b"pipeline:\n  store: {buffered: {filename_prefix: %s}}\n%s" % (prefix, more)


BASE = b"""analyzers: ['127.0.0.1:8082']
pipeline:
  subscriber: {url: 'ws://127.0.0.1:8082/ws/subscriber/flow', auth: {username: u, password: p}}
  transform: {type: vpclogs}
  store:
    buffered: {dirname: b, filename_prefix: p, max_flows_per_object: 10, max_seconds_per_object: 60,
               max_seconds_per_stream: 600, max_flow_array_size: 100}
  write: {type: s3, s3: {endpoint: 'http://127.0.0.1:9000', access_key: a, secret_key: s, region: r}}
"""
OTHER_URL = b"  subscriber: {url: 'ws://10.0.0.1:8082/ws/subscriber/flow', auth: {username: u, password: p, cookie: {a: b}}}\n"
DROP_INS = [
    files(BASE),
    files(BASE, a=b""),
    files(BASE, a=own(b"a"), b=own(b"b"), c=own(b"c"), d=own(b"d")),
    files(BASE, a=own(b"a"), b=own(b"a"), c=own(b"a//"), d=own(b"a/../a")),
    files(BASE, a=own(b"a"), A=own(b"b"), lock=own(b"c")),
    files(BASE, a=b"enabled: false\n" + own(b"a"), b=b"enabled: no\npipeline: 1\n", c=b"- a\n", d=b"a: [\n"),
    files(BASE, a=own(b"a", OTHER_URL), b=own(b"b", OTHER_URL.replace(b"p,", b"q,")), c=own(b"c", OTHER_URL)),
    files(BASE, a=b"profile: secadvisor\n" + own(b"a"), b=b"profile: none\n" + own(b"b"), c=b"profile: VPClogs\n" + own(b"c")),
    files(BASE, a=b"spool: {max_bytes: 1}\nworkers: 2\nhttp: {cookie: {a: b}}\nanalyzer: {auth: {cluster: {username: u}}}\n" + own(b"a")),
    files(BASE, a=b"x: &x {type: stdout}\npipeline: {write: *x}\n", b=b"pipeline.write.type: stdout\npipeline: {write: {type: s3}}\n"),
    files(BASE, a=own(b"a", b"  subscriber: {url: 'udp://:9000'}\n"), b=own(b"b", b"  subscriber: {url: 'file:///nowhere'}\n")),
    files(BASE, a=b"pipeline: {store: {type: s3, s3: {region: local, bucket: b}}}\n", b=b"pipeline: {store: {type: direct}}\n"),
    files(b"a: [\n", a=own(b"a")), files(b"", a=BASE, b=BASE.replace(b"prefix: p", b"prefix: q")),
    files(BASE.replace(b"s3:", b"S3:"), a=own(b"a", b"  Write: {S3: {access_key: 'a ', secret_key_file: /nowhere}}\n")),
]

SYNC_REPLY = b'{"Namespace":"Graph","Type":"SyncReply","UUID":"u","Status":200,"Obj":{"Nodes":[%s],"Edges":[%s]}}'
NODES = (b'{"ID":"a","Host":"node-1","CreatedAt":1,"Revision":1,"Metadata":{"Name":"a","Type":"netns","MTU":1500}},'
         b'{"ID":"b","Host":"node-2","CreatedAt":2,"Revision":1,"Metadata":{"Type":"container","TID":"t",'
         b'"IPV4":["10.10.0.11/24"],"RoutingTables":[{"Src":"10.10.0.101"}],"Container":{"ID":"c"},'
         b'"K8s":{"Extra":{"ObjectMeta":{"OwnerReferences":[{"Kind":"k"}]},"Status":{"Addresses":[{"Type":"x","Address":"y"}]}}}}}')
EDGES = b'{"ID":"e","Parent":"a","Child":"b"},{"ID":"f","Parent":"b","Child":"b"}'


def event(kind, obj):
    """A message of a topology's subscription."""
    return b'{"Namespace":"Graph","Type":"%s","UUID":"u","Status":200,"Obj":%s}' % (kind, obj)


def ops(text):
    return event(b"NodePartiallyUpdated", b'{"ID":"b","UpdatedAt":3,"Revision":2,"Ops":%s}' % text)


EVENTS = [event(b"NodeDeleted", b'{"ID":"b"}'), event(b"EdgeDeleted", b'{"ID":"e","Parent":"a","Child":"b"}'),
          event(b"NodeAdded", b'{"ID":"d","Metadata":{"IPV4":["10.10.0.11/8",null,[]],"TID":"t"}}'), ops(b"[]"), ops(b"null"),
          ops(b'[{"Type":1,"Key":"IPV4","Value":["10.10.0.12/24"]},{"Type":2,"Key":"TID","Value":null}]'),
          ops(b'[{"Type":1,"Key":"K8s.Extra","Value":{"a":1}},{"Type":1,"Key":"a.b.c.d","Value":1},{"Type":1,"Key":"IPV4.","Value":1}]'),
          SYNC_REPLY % (b'{"ID":"b","Metadata":{"TID":7,"IPV4":"10.10.0.11/24"}}', b""), (SYNC_REPLY % (b"{},", b""))[:-3]]

SEEDS = {
    "topology_stream": [b"\n".join([SYNC_REPLY % (NODES, EDGES), *some]) for some in ([], EVENTS, EVENTS[::-1], *([e] for e in EVENTS))],
    "question": [b"G.V()", b"G.V().Has('TID','t').Values('Type')", b"g.v().has(\"MTU\", 1500).HasKey('a.b.').Limit(3)",
                 b"G.V().Has('IPV4',Regex('10.0.0.1/.*')).ShortestPathTo(Metadata('TID','t')).Dedup().In('Type','netns').Out()",
                 b"G.V().Both('Type',Within('a',\"b\",-3),'@Host','h').Has('','')", b"G.V().Has('a\"b','c').Values('@ID').Limit(1)"],
    "dropins": DROP_INS,
    "spool": [spool(HEAD, ROWS, ROWS, SEAL), spool(PLAIN, ROWS, SEAL), spool(HEAD, ROWS), spool(HEAD), spool(ROWS),
              spool(HEAD, SEAL), spool(HEAD[:40]), spool(HEAD, ROWS, SEAL, ROWS),
              spool(spool_frame(1, SLOTTED % b"1551196800000"), ROWS),
              b"\x00" + HEAD + ROWS + SEAL],
    "object_spec": [OBJECT_SPEC % (header, compress, level) for header in (b"none", b"vpclogs")
               for compress, level in ((b"none", 0), (b"gzip", 6), (b"zstd", 1))]
    + [(OBJECT_SPEC % (b"none", b"none", 0)).replace(b'"json"', b'"%s","columns":["a b","c,\\"d"]' % encode)
       for encode in (b"csv", b"text", b"ndjson", b"secadvisor")]
    + [SLOTTED % slot for slot in (b"1551196800000", b"-9223372036854775808", b"9223372036854775807", b"-1")],
    "envelope": [ENVELOPE, ENVELOPE.replace(b"gzip", b""), ENVELOPE.replace(b'"1"', b'"\\u0000\\ud800"')],
    "ledger": [*(LEDGER % step for step in (b"rest", b"seal", b"store", b"evict", b"evict_bad")),
               b'{"format":1,"counters":{}}', b'{"format":1,"counters":{"flows_of_tomorrow":5},"more":[{}]}', b'{"format":2}'],
    "stored": [STORED, STORED * 3, STORED.replace(b'"q"', b'"p"')],
    "s3_listing": [LISTING % (b"", b"false", LISTED % (b"a", b"1") + LISTED % (b"&amp;&#xe9;&lt;", b"20")),
                   LISTING % (b"<EncodingType>url</EncodingType>", b"true", LISTED % (b"a%20+%C3%A9", b"3")
                              + b"<NextContinuationToken>1/&gt;</NextContinuationToken>"),
                   LISTING % (b"", b"true", b""), LISTING % (b"", b"false", LISTED % (b"a", b"-")), b"<ListBucketResult>"],
    "s3_reply": [b"200 ", b"200 " + ERROR % b"InternalError", b"503 <html>busy</html>", b"403 " + ERROR % b"AccessDenied"]
    + [b"400 " + ERROR % code for code in (b"EntityTooLarge", b"NoSuchBucket", b"RequestTimeTooSkewed", b"Other")],
    "iam_reply": [b'{"access_token":"abc.def","refresh_token":"x","expires_in":3600,"token_type":"Bearer"}',
                  b'{"access_token":"a b","expires_in":1}', b'{"access_token":"a\\r\\nX: y","expires_in":1}',
                  b'{"access_token":"\\u007f","expires_in":1}', b'{"access_token":"a","expires_in":9223372036854775807}',
                  b'{"errorCode":"BXNIM0415E","errorMessage":"Provided API key could not be found"}'],
    "gremlin": [b"null", b"[]", b"[[]]", b'[{"Metadata":{"Type":"host","IPV4":["172.17.0.2/16"]}}]',
                b'[[{"Metadata":{"IPV4":"10.0.0.1/8","Type":"device"}},null,1]]'],
    "page": [b"q=acme\0state=bad\0sort=flows\0n=200\0", b"q=%3C\0n=99999999999999999999\0sort=name", b"localhost:8080",
             b"[::ffff:127.0.0.1]:1", b"name.example.", b"<img src=x onerror=\"a\">&amp;'\x1b\xc0\xbc\xe2\x82"],
    "handshake": [HANDSHAKE, HANDSHAKE.replace(b"101", b"409"), b"HTTP/1.1 401 Unauthorized\r\n\r\n", b"HTTP/1.1"],
    "websocket": [b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), b"\x01\x01a\x80\x01b", b"\x88\x00", b"\x8a\x7d" + b"x" * 125],
    "flow_json": [b'[null,{"Network":{"Protocol":"IPV4","A":"\\ud83d\\ude00"},"Start":1e3}]', b"null", b"[{}]",
                  b'[{"DNS":{"a":[1,{"b":"\\u2028"}]},"Link":null,"Unknown":[true,false,-0.5E+7]}]'],
    "json": [b'{"a":[1,-0.5e+3,true,false,null,"\\ud83d\\ude00\\n"],"b":{}}', b'"\xff\xc3\xa9"', b"9223372036854775808"],
    "yaml": [b"a: &x {b: [1, 0x1F, 010, 1e3, yes, ~, 'q']}\nc: *x\nd: {<<: *x, b: !!str 1}\n", b"? a\n: |\n  text\n",
             b"%YAML 1.1\n---\na: !!int '12'\n...\n", b"<<: [{a: 1}, {a: 2, b: 3}]\n"],
    "config": [CONFIG.replace(b"vpclogs, excluded_tags: [internal]", kind) for kind in (
        b"awsflowlogs, awsflowlogs: {version: 3}", b"secadvisor, secadvisor: {extend: [\"A=G.V().Has('a','{{.Network.A}}')\"]}",
        b"secadvisor, secadvisor: {extend: ['B={{if .Transport}}{{.Transport.A}}{{else}}-{{end}}']}")] + [CONFIG + b"\f" + CONFIG, b"pipeline.write.type: stdout\n\f" + CONFIG
               + b"\fSKYDIVE_PIPELINE_STORE_BUFFERED_MAX_SECONDS_PER_OBJECT=5m",
               CONFIG + b"\f\fSKYDIVE_HTTP_COOKIE={\"a\":\"b\"}"],
    "text": [b"ws://127.0.0.1:8082/ws/subscriber/flow", b"ws+unix:///run/a.sock:/ws", b"https://[::1]:9000/", b"10.0.0.0/08",
             b"::ffff:1.2.3.4/120", b"fd00::1", b"90s", b"64KiB", b"-0x1F", b"1.5e300", b"a//./b/../../c/", b"0o17"],
    "template": [b"G.V().Has('TID','{{.NodeTID}}')", b"{{if .Network}}{{.Network.A}}{{else if .Transport}}{{.Transport.B}}"
                 b"{{else}}{{\"text\"}}{{end}}", b"a {{- /* c */ -}} b\\{\\{.UUID\\}\\}{{12}}", b"{{.Network.B}}{{.Metric.Start}}"],
    "status": [b'{"version":"1","uptime_s":5,"sources":[{"url":"ws://a","state":"connected","flows":3}],'
               b'"tenants":[{"name":"acme","state":"running","counters":{"flows_received":1}}]}'],
    "recording": [b"\x00", b"\x01a", b"\xff" * 9, b"\x1f\x8b\x08\x00"],
}
