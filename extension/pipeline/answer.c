/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - see answer.h. */
#include "pipeline/answer.h"

#define NODE(member, path) FIELD(struct node, member, path, 0)

const struct shape node_shape = {
	.name = "node",
	.size = sizeof(struct node),
	.fields =
		(const struct field[]){
			NODE(type, "Type"),
			NODE(name, "Name"),
			NODE(host, "/Host"),
			NODE(tid, "TID"),
			NODE(ipv4, "IPV4"),
			NODE(ipv6, "IPV6"),
			NODE(metric.collisions, "Metric.Collisions"),
			NODE(metric.rx_bytes, "Metric.RxBytes"),
			NODE(metric.rx_dropped, "Metric.RxDropped"),
			NODE(metric.rx_errors, "Metric.RxErrors"),
			NODE(metric.rx_missed_errors, "Metric.RxMissedErrors"),
			NODE(metric.rx_packets, "Metric.RxPackets"),
			NODE(metric.tx_bytes, "Metric.TxBytes"),
			NODE(metric.tx_dropped, "Metric.TxDropped"),
			NODE(metric.tx_errors, "Metric.TxErrors"),
			NODE(metric.tx_missed_errors, "Metric.TxMissedErrors"),
			NODE(metric.tx_packets, "Metric.TxPackets"),
			NODE(container_id, "Container.ID"),
			NODE(container_hostname, "Container.Hosts.Hostname"),
			NODE(container_runtime, "Container.Runtime"),
			NODE(docker_id, "Docker.ContainerID"),
			NODE(runc_id, "Runc.ContainerID"),
			NODE(runc_hostname, "Runc.Hosts.Hostname"),
			NODE(pod_namespace, "K8s.Namespace"),
			NODE(pod_name, "K8s.Name"),
			NODE(owner_kind, "K8s.Extra.ObjectMeta.OwnerReferences.0.Kind"),
			NODE(owner_name, "K8s.Extra.ObjectMeta.OwnerReferences.0.Name"),
			NODE(addresses, "K8s.Extra.Status.Addresses"),
			{ 0 },
		},
};
