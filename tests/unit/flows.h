/* SPDX-License-Identifier: Apache-2.0 */
/* flows.h - six flows as Skydive analyzers and agents send them.
 *
 * json is the text of an analyzer of 2024-04 or later, old of one before that
 * (NULL: the same), protobuf the hexadecimal digits of flow.Flow.
 */
#ifndef TESTS_UNIT_FLOWS_H
#define TESTS_UNIT_FLOWS_H

#define FLOW_COUNT 6

static const struct sample_flow {
	const char *json, *old, *protobuf;
} sample_flows[FLOW_COUNT] = {
	{
		/* TCP in mid-flow, no TCPMetric */
		.json = "{\"UUID\":\"7521e85422cbc042\","
			"\"LayersPath\":\"Ethernet/IPv4/TCP\",\"Application\":\"TCP\","
			"\"Link\":{\"Protocol\":\"ETHERNET\",\"A\":\"02:42:ac:11:00:02\","
			"\"B\":\"02:42:ac:11:00:03\",\"ID\":0},"
			"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
			"\"B\":\"203.0.113.9\",\"ID\":0},"
			"\"Transport\":{\"Protocol\":\"TCP\",\"A\":32396,\"B\":4723,"
			"\"ID\":0},\"LastUpdateMetric\":{\"ABPackets\":12,\"ABBytes\":1112,"
			"\"BAPackets\":10,\"BABytes\":2178,\"Start\":1551199625889,"
			"\"Last\":1551199655889,\"RTT\":254000},"
			"\"Metric\":{\"ABPackets\":22,\"ABBytes\":2178,\"BAPackets\":19,"
			"\"BABytes\":4244,\"Start\":1551199609804,\"Last\":1551199631044,"
			"\"RTT\":254000},\"Start\":1551199609804,\"Last\":1551199631044,"
			"\"TrackingID\":\"a1b2c3d4e5f60718\","
			"\"L3TrackingID\":\"18f0e5d4c3b2a190\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0}",
		.protobuf = "0a1037353231653835343232636263303432121145746865726e65742f49"
			    "5076342f5443501a0354435050ccc7ced5922d58c4edcfd5922da201261a"
			    "1130323a34323a61633a31313a30303a3032221130323a34323a61633a31"
			    "313a30303a3033aa011b08011a0a3137322e31372e302e32220b3230332e"
			    "302e3131332e39b201090802108cfd0118f324fa011c100c18d808200a28"
			    "821130a1c5cfd5922d38d1afd1d5922d40b0c00f82021c10161882112013"
			    "28942130ccc7ced5922d38c4edcfd5922d40b0c00f8a0224336136613166"
			    "33652d326633622d356635312d396334652d306431633666366237613130"
			    "92022438643962336335322d346135372d346232312d366635652d376331"
			    "643265336634613562920310613162326333643465356636303731389a03"
			    "1031386630653564346333623261313930",
	},
	{
		/* TCP ended by FIN, TCPMetric */
		.json = "{\"UUID\":\"9f3c2a7714e0b6d1\","
			"\"LayersPath\":\"Ethernet/IPv4/TCP\",\"Application\":\"TCP\","
			"\"Link\":{\"Protocol\":\"ETHERNET\",\"A\":\"02:42:ac:11:00:02\","
			"\"B\":\"02:42:ac:11:00:03\",\"ID\":0},"
			"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
			"\"B\":\"172.17.0.3\",\"ID\":0},"
			"\"Transport\":{\"Protocol\":\"TCP\",\"A\":45678,\"B\":443,"
			"\"ID\":0},\"LastUpdateMetric\":{\"ABPackets\":6,\"ABBytes\":540,"
			"\"BAPackets\":5,\"BABytes\":480,\"Start\":1551199610000,"
			"\"Last\":1551199640000,\"RTT\":310000},"
			"\"Metric\":{\"ABPackets\":6,\"ABBytes\":540,\"BAPackets\":5,"
			"\"BABytes\":480,\"Start\":1551199610000,\"Last\":1551199612345,"
			"\"RTT\":310000},\"TCPMetric\":{\"ABSynStart\":1551199610000,"
			"\"BASynStart\":1551199610001,\"ABSynTTL\":64,\"BASynTTL\":63,"
			"\"ABFinStart\":1551199612340,\"BAFinStart\":1551199612345,"
			"\"ABRstStart\":0,\"BARstStart\":0,\"ABSegmentOutOfOrder\":0,"
			"\"ABSegmentSkipped\":0,\"ABSegmentSkippedBytes\":0,"
			"\"ABPackets\":0,\"ABBytes\":0,\"ABSawStart\":0,\"ABSawEnd\":0,"
			"\"BASegmentOutOfOrder\":0,\"BASegmentSkipped\":0,"
			"\"BASegmentSkippedBytes\":0,\"BAPackets\":0,\"BABytes\":0,"
			"\"BASawStart\":0,\"BASawEnd\":0},\"Start\":1551199610000,"
			"\"Last\":1551199612345,\"TrackingID\":\"b2c3d4e5f6071829\","
			"\"L3TrackingID\":\"29a1f0e5d4c3b2a1\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0,\"FinishType\":2}",
		.protobuf = "0a1039663363326137373134653062366431121145746865726e65742f49"
			    "5076342f5443501a035443505090c9ced5922d58b9dbced5922da201261a"
			    "1130323a34323a61633a31313a30303a3032221130323a34323a61633a31"
			    "313a30303a3033aa011a08011a0a3137322e31372e302e32220a3137322e"
			    "31372e302e33b20109080210eee40218bb03fa011c1006189c04200528e0"
			    "033090c9ced5922d38c0b3d0d5922d40f0f51282021c1006189c04200528"
			    "e0033090c9ced5922d38b9dbced5922d40f0f5128a022433613661316633"
			    "652d326633622d356635312d396334652d30643163366636623761313092"
			    "022438643962336335322d346135372d346232312d366635652d37633164"
			    "3265336634613562b202200890c9ced5922d1091c9ced5922d1840203f28"
			    "b4dbced5922d30b9dbced5922d9203106232633364346535663630373138"
			    "32399a031032396131663065356434633362326131e00302",
	},
	{
		/* DNS answer over UDP */
		.json = "{\"UUID\":\"1c0ffee1c0ffee11\","
			"\"LayersPath\":\"Ethernet/IPv4/UDP/DNS\",\"Application\":\"DNS\","
			"\"Link\":{\"Protocol\":\"ETHERNET\",\"A\":\"02:42:ac:11:00:02\","
			"\"B\":\"02:42:5e:00:00:01\",\"ID\":0},"
			"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
			"\"B\":\"8.8.8.8\",\"ID\":0},\"Transport\":{\"Protocol\":\"UDP\","
			"\"A\":53124,\"B\":53,\"ID\":0},\"DNS\":{\"ID\":4660,\"QR\":true,"
			"\"op_code\":\"Query\",\"RD\":true,\"RA\":true,"
			"\"response_code\":\"No Error\",\"q_d_count\":1,\"a_n_count\":1,"
			"\"questions\":[{\"name\":\"www.example.com\",\"type\":\"A\","
			"\"class\":\"IN\"}],\"answers\":[{\"name\":\"www.example.com\","
			"\"type\":\"A\",\"class\":\"IN\",\"TTL\":300,\"data_length\":4,"
			"\"IP\":\"93.184.216.34\"}],\"timestamp\":{\"seconds\":1551199620,"
			"\"nanos\":123456000}},\"LastUpdateMetric\":{\"ABPackets\":1,"
			"\"ABBytes\":75,\"BAPackets\":1,\"BABytes\":91,"
			"\"Start\":1551199620100,\"Last\":1551199650000},"
			"\"Metric\":{\"ABPackets\":1,\"ABBytes\":75,\"BAPackets\":1,"
			"\"BABytes\":91,\"Start\":1551199620100,\"Last\":1551199620123},"
			"\"Start\":1551199620100,\"Last\":1551199620123,"
			"\"TrackingID\":\"c3d4e5f60718293a\","
			"\"L3TrackingID\":\"3ab2a1f0e5d4c3b2\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0}",
		.old = "{\"UUID\":\"1c0ffee1c0ffee11\","
		       "\"LayersPath\":\"Ethernet/IPv4/UDP/DNS\",\"Application\":\"DNS\","
		       "\"Link\":{\"Protocol\":\"ETHERNET\",\"A\":\"02:42:ac:11:00:02\","
		       "\"B\":\"02:42:5e:00:00:01\",\"ID\":0},"
		       "\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
		       "\"B\":\"8.8.8.8\",\"ID\":0},\"Transport\":{\"Protocol\":\"UDP\","
		       "\"A\":53124,\"B\":53,\"ID\":0},\"DNS\":{\"ID\":4660,\"QR\":true,"
		       "\"op_code\":\"Query\",\"RD\":true,\"RA\":true,"
		       "\"response_code\":\"No Error\",\"QDCount\":1,\"ANCount\":1,"
		       "\"questions\":[{\"name\":\"www.example.com\",\"type\":\"A\","
		       "\"class\":\"IN\"}],\"answers\":[{\"name\":\"www.example.com\","
		       "\"type\":\"A\",\"class\":\"IN\",\"TTL\":300,\"data_length\":4,"
		       "\"IP\":\"93.184.216.34\"}],"
		       "\"timestamp\":\"2019-02-26T16:47:00.123456Z\"},"
		       "\"LastUpdateMetric\":{\"ABPackets\":1,\"ABBytes\":75,"
		       "\"BAPackets\":1,\"BABytes\":91,\"Start\":1551199620100,"
		       "\"Last\":1551199650000},\"Metric\":{\"ABPackets\":1,"
		       "\"ABBytes\":75,\"BAPackets\":1,\"BABytes\":91,"
		       "\"Start\":1551199620100,\"Last\":1551199620123},"
		       "\"Start\":1551199620100,\"Last\":1551199620123,"
		       "\"TrackingID\":\"c3d4e5f60718293a\","
		       "\"L3TrackingID\":\"3ab2a1f0e5d4c3b2\",\"ParentUUID\":\"\","
		       "\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
		       "\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
		       "\"RawPacketsCaptured\":0}",
		.protobuf =
			"0a1031633066666565316330666665653131121545746865726e65742f49"
			"5076342f5544502f444e531a03444e53508498cfd5922d589b98cfd5922d"
			"a201261a1130323a34323a61633a31313a30303a3032221130323a34323a"
			"35653a30303a30303a3031aa011708011a0a3137322e31372e302e322207"
			"382e382e382e38b20108080310849f031835fa01161001184b2001285b30"
			"8498cfd5922d38d081d1d5922d8202161001184b2001285b308498cfd592"
			"2d389b98cfd5922d8a022433613661316633652d326633622d356635312d"
			"396334652d30643163366636623761313092022438643962336335322d34"
			"6135372d346232312d366635652d37633164326533663461356292031063"
			"3364346535663630373138323933619a0310336162326131663065356434"
			"63336232ca3e7408b42410011a055175657279300138014a084e6f204572"
			"726f725001580172180a0f7777772e6578616d706c652e636f6d1201411a"
			"02494e7a2c0a0f7777772e6578616d706c652e636f6d1201411a02494e20"
			"ac022804320d39332e3138342e3231362e333492010b0884dbd5e305108094ef3a",
	},
	{
		/* ICMP echo: no Transport */
		.json = "{\"UUID\":\"d00d00d00d00d00d\","
			"\"LayersPath\":\"Ethernet/IPv4/ICMPv4\","
			"\"Application\":\"ICMPv4\",\"Link\":{\"Protocol\":\"ETHERNET\","
			"\"A\":\"02:42:ac:11:00:02\",\"B\":\"02:42:ac:11:00:03\",\"ID\":0},"
			"\"Network\":{\"Protocol\":\"IPV4\",\"A\":\"172.17.0.2\","
			"\"B\":\"172.17.0.3\",\"ID\":0},\"ICMP\":{\"Type\":\"ECHO\","
			"\"ID\":4242},\"LastUpdateMetric\":{\"ABPackets\":3,"
			"\"ABBytes\":294,\"BAPackets\":3,\"BABytes\":294,"
			"\"Start\":1551199600000,\"Last\":1551199630000,\"RTT\":48000},"
			"\"Metric\":{\"ABPackets\":3,\"ABBytes\":294,\"BAPackets\":3,"
			"\"BABytes\":294,\"Start\":1551199600000,\"Last\":1551199602010,"
			"\"RTT\":48000},\"Start\":1551199600000,\"Last\":1551199602010,"
			"\"TrackingID\":\"d4e5f60718293a4b\","
			"\"L3TrackingID\":\"4bc3b2a1f0e5d4c3\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0}",
		.protobuf = "0a1064303064303064303064303064303064121445746865726e65742f49"
			    "5076342f49434d5076341a0649434d5076345080fbcdd5922d58da8aced5"
			    "922da201261a1130323a34323a61633a31313a30303a3032221130323a34"
			    "323a61633a31313a30303a3033aa011a08011a0a3137322e31372e302e32"
			    "220a3137322e31372e302e33ba01050802189221fa011c100318a6022003"
			    "28a6023080fbcdd5922d38b0e5cfd5922d4080f70282021c100318a60220"
			    "0328a6023080fbcdd5922d38da8aced5922d4080f7028a02243361366131"
			    "6633652d326633622d356635312d396334652d3064316336663662376131"
			    "3092022438643962336335322d346135372d346232312d366635652d3763"
			    "31643265336634613562920310643465356636303731383239336134629a"
			    "031034626333623261316630653564346333",
	},
	{
		/* IPv6 TCP timed out, VLAN 100, empty last update */
		.json = "{\"UUID\":\"6a6b6c6d6e6f7071\","
			"\"LayersPath\":\"Ethernet/IPv6/TCP\",\"Application\":\"TCP\","
			"\"Link\":{\"Protocol\":\"ETHERNET\",\"A\":\"02:42:ac:11:00:02\","
			"\"B\":\"02:42:ac:11:00:03\",\"ID\":100},"
			"\"Network\":{\"Protocol\":\"IPV6\",\"A\":\"2001:db8::1\","
			"\"B\":\"2001:db8::2\",\"ID\":0},"
			"\"Transport\":{\"Protocol\":\"TCP\",\"A\":50000,\"B\":22,"
			"\"ID\":0},\"LastUpdateMetric\":{\"ABPackets\":0,\"ABBytes\":0,"
			"\"BAPackets\":0,\"BABytes\":0,\"Start\":1551199570000,"
			"\"Last\":1551199630000},\"Metric\":{\"ABPackets\":100,"
			"\"ABBytes\":9000,\"BAPackets\":80,\"BABytes\":70000,"
			"\"Start\":1551199000000,\"Last\":1551199020000},"
			"\"Start\":1551199000000,\"Last\":1551199020000,"
			"\"TrackingID\":\"e5f60718293a4b5c\","
			"\"L3TrackingID\":\"5cd4c3b2a1f0e5d4\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0,\"FinishType\":1}",
		.protobuf = "0a1036613662366336643665366637303731121145746865726e65742f49"
			    "5076362f5443501a0354435050c0aba9d5922d58e0c7aad5922da201281a"
			    "1130323a34323a61633a31313a30303a3032221130323a34323a61633a31"
			    "313a30303a30332864aa011c08051a0b323030313a6462383a3a31220b32"
			    "3030313a6462383a3a32b20108080210d086031816fa010e30d090ccd592"
			    "2d38b0e5cfd5922d820219106418a846205028f0a20430c0aba9d5922d38"
			    "e0c7aad5922d8a022433613661316633652d326633622d356635312d3963"
			    "34652d30643163366636623761313092022438643962336335322d346135"
			    "372d346232312d366635652d376331643265336634613562920310653566"
			    "363037313832393361346235639a03103563643463336232613166306535"
			    "6434e00301",
	},
	{
		/* ARP: neither Network nor Transport */
		.json = "{\"UUID\":\"a4b4c4d4e4f40414\",\"LayersPath\":\"Ethernet/ARP\","
			"\"Application\":\"ARP\",\"Link\":{\"Protocol\":\"ETHERNET\","
			"\"A\":\"02:42:ac:11:00:02\",\"B\":\"ff:ff:ff:ff:ff:ff\",\"ID\":0},"
			"\"LastUpdateMetric\":{\"ABPackets\":1,\"ABBytes\":42,"
			"\"BAPackets\":0,\"BABytes\":0,\"Start\":1551199619000,"
			"\"Last\":1551199650000},\"Metric\":{\"ABPackets\":1,"
			"\"ABBytes\":42,\"BAPackets\":0,\"BABytes\":0,"
			"\"Start\":1551199619000,\"Last\":1551199619000},"
			"\"Start\":1551199619000,\"Last\":1551199619000,"
			"\"TrackingID\":\"f60718293a4b5c6d\","
			"\"L3TrackingID\":\"ef46db3751d8e999\",\"ParentUUID\":\"\","
			"\"NodeTID\":\"3a6a1f3e-2f3b-5f51-9c4e-0d1c6f6b7a10\","
			"\"CaptureID\":\"8d9b3c52-4a57-4b21-6f5e-7c1d2e3f4a5b\","
			"\"RawPacketsCaptured\":0}",
		.protobuf = "0a1061346234633464346534663430343134120c45746865726e65742f41"
			    "52501a0341525050b88fcfd5922d58b88fcfd5922da201261a1130323a34"
			    "323a61633a31313a30303a3032221166663a66663a66663a66663a66663a"
			    "6666fa01121001182a30b88fcfd5922d38d081d1d5922d8202121001182a"
			    "30b88fcfd5922d38b88fcfd5922d8a022433613661316633652d32663362"
			    "2d356635312d396334652d30643163366636623761313092022438643962"
			    "336335322d346135372d346232312d366635652d37633164326533663461"
			    "3562920310663630373138323933613462356336649a0310656634366462"
			    "33373531643865393939",
	},
};

#endif
