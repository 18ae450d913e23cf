"""Which fields of the controller's records may leave the client.

The controller puts pass phrases, private keys and device keys beside names and counters, and adds
more with each version. So fields are allowed by name; whatever is not named here, at any depth,
is dropped before anything else sees it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

Spec: TypeAlias = Mapping[str, "Spec | None"]
"""Allowed names; None lets a scalar (or a list of scalars) pass, a Spec looks inside."""

ANY_NAME = "*"
"""In a Spec: every name not starting with `x_`, where the controller invents the names."""

# Public facts that the controller files among its secrets; they pass under a name of ours.
RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "x_has_ssh_hostkey": "has_ssh_hostkey",
        "x_ssh_hostkey_fingerprint": "ssh_hostkey_fingerprint",
        "x_ssh_enabled": "ssh_enabled",
        "x_ssh_auth_password_enabled": "ssh_password_login",
    }
)


def allowed(record: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return a copy of `record` that holds only what `spec` names."""
    passed: dict[str, Any] = {}
    for raw_name, value in record.items():
        name = RENAMED.get(raw_name, raw_name)
        if name.lower().startswith("x_") or (name not in spec and ANY_NAME not in spec):
            continue
        kept = _kept(value, spec.get(name, spec.get(ANY_NAME)))
        if kept is not _DROPPED:
            passed[name] = kept
    return passed


_DROPPED = object()


def _kept(value: Any, spec: Spec | None) -> Any:
    match value:
        case Mapping():
            return _DROPPED if spec is None else allowed(value, spec)
        case list() | tuple():
            return [kept for item in value if (kept := _kept(item, spec)) is not _DROPPED]
        case _:
            # A scalar where an object was expected says nothing that was allowed, except nothing.
            return value if spec is None or value is None else _DROPPED


def _named(names: str, inside: Mapping[str, Spec] | None = None) -> Spec:
    return MappingProxyType({**dict.fromkeys(names.split()), **(inside or {})})


SITE = _named(
    "_id id name desc role attr_no_delete external_id internalReference num_new_alarms",
    {"health": _named("subsystem status num_user num_guest num_ap num_sw num_gw num_disconnected")},
)

SYSTEM = _named(
    "version build hostname name uptime timezone update_available update_downloaded"
    " previous_version ubnt_device_type udm_version console_display_version inform_port"
    " data_retention_days data_retention_time_in_hours_for_5minutes_scale"
    " data_retention_time_in_hours_for_hourly_scale data_retention_time_in_hours_for_daily_scale"
    " data_retention_time_in_hours_for_monthly_scale ip_addrs is_cloud_console"
    " applicationVersion"
)

CLIENT = _named(
    "_id id mac name hostname display_name ip oui is_wired is_guest authorized blocked noted"
    " note network network_id last_connection_network_name vlan last_seen first_seen assoc_time"
    " latest_assoc_time disconnect_timestamp uptime user_id usergroup_id use_fixedip fixed_ip"
    " local_dns_record local_dns_record_enabled virtual_network_override_enabled"
    " virtual_network_override_id ap_mac bssid essid channel channel_width radio radio_name"
    " radio_proto signal noise rssi ccq satisfaction tx_rate rx_rate tx_retries wifi_tx_attempts"
    " wifi_tx_retries_percentage tx_power powersave_enabled anomalies rx_bytes tx_bytes"
    " rx_packets tx_packets bytes bytes-r rx_bytes-r tx_bytes-r roam_count sw_mac sw_port"
    " sw_depth wired_rate_mbps wired-rx_bytes wired-tx_bytes wired-rx_bytes-r wired-tx_bytes-r"
    " gw_mac last_uplink_mac last_uplink_name last_uplink_remote_port last_ip last_radio dev_cat"
    " dev_family dev_vendor os_name site_id status type uplink_mac usage_bytes end start"
    " duration expired authorized_by voucher_code_used uplinkDeviceId connectedAt"
)

_RADIO = _named(
    "name radio channel ht tx_power_mode tx_power min_rssi_enabled min_rssi nss has_dfs"
    " max_txpower min_txpower is_11ax is_11be builtin_antenna antenna_gain current_antenna_gain"
)
_RADIO_STATS = _named(
    "name radio channel cu_total cu_self_rx cu_self_tx num_sta user-num_sta guest-num_sta"
    " satisfaction tx_power tx_retries tx_packets state"
)
_VAP = _named(
    "essid bssid name radio channel num_sta up usage is_guest satisfaction tx_power tx_retries"
    " rx_bytes tx_bytes ccq state bw"
)
_LLDP = _named(
    "chassis_id port_id local_port_idx local_port_name is_wired chassis_name system_name"
    " port_descr chassis_descr"
)
_PORT = _named(
    "port_idx name up enable speed full_duplex autoneg media is_uplink port_poe poe_enable"
    " poe_mode poe_good poe_class poe_power poe_voltage poe_current poe_caps portconf_id"
    " stp_state rx_bytes rx_packets rx_errors rx_dropped tx_bytes tx_packets tx_errors"
    " tx_dropped rx_bytes-r tx_bytes-r bytes-r satisfaction op_mode aggregated_by ifname"
    " speed_caps native_networkconf_id forward isolation sfp_found",
    {"lldp_table": _LLDP, "mac_table": _named("mac vlan age uptime static ip hostname")},
)
_PORT_OVERRIDE = _named(
    "port_idx name portconf_id poe_mode op_mode native_networkconf_id forward isolation speed"
    " autoneg full_duplex aggregate_num_ports mirror_port_idx"
)
_UPLINK = _named(
    "type speed max_speed full_duplex uplink_mac uplink_remote_port uplink_device_name mac name"
    " ip up port_idx media rx_bytes tx_bytes rx_bytes-r tx_bytes-r latency uptime xput_up"
    " xput_down speedtest_status speedtest_lastrun speedtest_ping deviceId"
)
_WAN = _named(
    "ip up enable type speed gateway dns latency availability rx_bytes tx_bytes rx_bytes-r"
    " tx_bytes-r netmask mac name ifname full_duplex max_speed is_uplink uptime"
)
_MONITORS = _named("target type latency_average availability")
_SPEEDTEST = _named(
    "_id id xput_download xput_upload latency rundate time status_summary status_download"
    " status_upload status_ping runtime interface_name wan_networkgroup download_mbps"
    " upload_mbps latency_ms",
)

DEVICE = _named(
    "_id id mac ip name model model_display shortname type version displayable_version"
    " upgradable upgrade_to_firmware state adopted disabled default uptime last_seen"
    " next_heartbeat_at start_disconnected_millis inform_url inform_ip cfgversion serial"
    " model_in_eol model_in_lts overheating general_temperature num_sta user-num_sta"
    " guest-num_sta satisfaction bytes rx_bytes tx_bytes led_override led_override_color"
    " locating isolated in_gateway_mode site_id fan_level has_fan has_temperature"
    " total_max_power total_used_power unsupported adoptable_when_upgraded provisioned_at"
    " adopted_at connected_at last_wan_status has_ssh_hostkey ssh_hostkey_fingerprint"
    " kernel_version stp_priority stp_version power_source cpuUtilizationPct"
    " memoryUtilizationPct",
    {
        "sys_stats": _named("loadavg_1 loadavg_5 loadavg_15 mem_total mem_used mem_buffer"),
        "system-stats": _named("cpu mem uptime"),
        "uplink": _UPLINK,
        "last_uplink": _named("type uplink_mac uplink_remote_port uplink_device_name port_idx"),
        "lldp_table": _LLDP,
        "radio_table": _RADIO,
        "radio_table_stats": _RADIO_STATS,
        "vap_table": _VAP,
        "port_table": _PORT,
        "port_overrides": _PORT_OVERRIDE,
        "wan1": _WAN,
        "wan2": _WAN,
        "last_wan_status": _named("WAN WAN2"),
        "uptime_stats": {
            ANY_NAME: _named(
                "availability latency_average time_period uptime downtime",
                {"monitors": _MONITORS, "alerting_monitors": _MONITORS},
            )
        },
        "network_table": _named(
            "_id name ip mac up purpose vlan ip_subnet num_sta enabled is_guest dhcpd_enabled"
            " rx_bytes tx_bytes"
        ),
        "speedtest-status": _SPEEDTEST,
        "temperatures": _named("name type value"),
        "storage": _named("name mount_point type size used"),
        "outlet_table": _named(
            "index name relay_state cycle_enabled outlet_power outlet_voltage outlet_current"
        ),
    },
)

HEALTH = _named(
    "subsystem status num_user num_guest num_iot num_ap num_sw num_gw num_adopted num_disabled"
    " num_disconnected num_pending num_sta tx_bytes-r rx_bytes-r wan_ip gw_mac gw_name"
    " gw_version gateways nameservers netmask isp_name isp_organization asn latency uptime drops"
    " xput_up xput_down speedtest_status speedtest_lastrun speedtest_ping remote_user_enabled"
    " remote_user_num_active remote_user_num_inactive site_to_site_enabled"
    " site_to_site_num_active site_to_site_num_inactive lan_ip",
    {
        "gw_system-stats": _named("cpu mem uptime"),
        "uptime_stats": {ANY_NAME: _named("availability latency_average", {"monitors": _MONITORS})},
    },
)

WLAN = _named(
    "_id id name enabled security wpa_mode wpa_enc wpa3_support wpa3_transition wlan_band"
    " wlan_bands networkconf_id network_id ap_group_ids usergroup_id hide_ssid is_guest"
    " l2_isolation schedule_enabled schedule mac_filter_enabled mac_filter_policy"
    " mac_filter_list minrate_setting_preference minrate_ng_enabled minrate_ng_data_rate_kbps"
    " minrate_na_enabled minrate_na_data_rate_kbps bss_transition fast_roaming_enabled pmf_mode"
    " uapsd_enabled site_id type no2ghz_oui iot_only band_steering_mode",
    {
        "schedule_with_duration": _named(
            "name start_days_of_week start_hour start_minute duration_minutes"
        )
    },
)

NETWORK = _named(
    "_id id name purpose enabled vlan vlan_enabled ip_subnet dhcpd_enabled dhcpd_start"
    " dhcpd_stop dhcpd_dns_enabled dhcpd_dns_1 dhcpd_dns_2 dhcpd_dns_3 dhcpd_dns_4"
    " dhcpd_leasetime dhcpd_gateway dhcpd_gateway_enabled dhcp_relay_enabled domain_name"
    " igmp_snooping firewall_zone_id networkgroup is_nat internet_access_enabled"
    " network_isolation_enabled mdns_enabled wan_type wan_networkgroup wan_load_balance_type"
    " wan_failover_priority ipv6_interface_type vpn_type attr_no_delete attr_hidden_id"
    " external_id site_id default management zoneId"
)

PORT_PROFILE = _named(
    "_id id name forward native_networkconf_id voice_networkconf_id tagged_networkconf_ids"
    " excluded_networkconf_ids tagged_vlan_mgmt poe_mode isolation stormctrl_bcast_enabled"
    " stormctrl_bcast_rate stormctrl_mcast_enabled stormctrl_mcast_rate stormctrl_ucast_enabled"
    " stormctrl_ucast_rate dot1x_ctrl autoneg speed full_duplex op_mode stp_port_mode"
    " egress_rate_limit_kbps egress_rate_limit_kbps_enabled port_security_enabled attr_no_delete"
    " site_id"
)

PORT_FORWARD = _named(
    "_id id name enabled pfwd_interface src src_limiting_enabled dst_port destination_ip fwd"
    " fwd_port proto log site_id rx_bytes rx_packets"
)

_MATCH = _named(
    "zone_id zoneId matching_target matching_target_type ips network_ids client_macs mac macs"
    " port_matching_type port port_group_id ip_group_id match_opposite_ips match_opposite_ports"
    " match_opposite_networks match_mac app_ids app_category_ids web_domains regions device_ids"
    " site_id"
)
FIREWALL_POLICY = _named(
    "_id id external_id name description enabled action index predefined origin_type origin_id"
    " protocol ip_version connection_state_type connection_states create_allow_respond logging"
    " icmp_typename icmp_v6_typename match_ip_sec match_opposite_protocol ipProtocolScope"
    " loggingEnabled",
    {
        "source": _MATCH,
        "destination": _MATCH,
        "schedule": _named(
            "mode date date_start date_end time_range_start time_range_end time_all_day"
            " repeat_on_days"
        ),
    },
)
FIREWALL_ZONE = _named(
    "_id id external_id name zone_key network_ids networkIds attr_no_edit default_zone"
)
FIREWALL_RULE = _named(
    "_id name enabled action ruleset rule_index protocol protocol_match_excepted logging"
    " src_address src_mac_address src_networkconf_id src_networkconf_type src_firewallgroup_ids"
    " src_port dst_address dst_networkconf_id dst_networkconf_type dst_firewallgroup_ids"
    " dst_port state_established state_invalid state_new state_related ipsec icmp_typename"
    " setting_preference site_id"
)

VOUCHER = _named(
    "_id id code name note quota used duration status status_expires create_time start_time"
    " end_time admin_name for_hotspot qos_overwrite qos_usage_quota qos_rate_max_up"
    " qos_rate_max_down createdAt activatedAt expiresAt expired timeLimitMinutes"
    " authorizedGuestLimit authorizedGuestCount dataUsageLimitMBytes rxRateLimitKbps"
    " txRateLimitKbps"
)

EVENT = _named(
    "_id id key event category subcategory severity status timestamp time datetime msg title_raw"
    " message_raw message title subsystem site_id user client ap sw gw dm ssid channel radio"
    " hostname ap_from ap_to channel_from channel_to radio_from radio_to duration bytes network"
    " port admin ip is_admin show_on_dashboard type ap_name sw_name gw_name inner_alert_action"
    " inner_alert_signature inner_alert_category src_ip dest_ip src_port dest_port proto",
    {
        "parameters": {
            ANY_NAME: _named(
                "id name hostname ip mac model not_actionable device_fingerprint_id type target"
                " value"
            )
        }
    },
)

SESSION = CLIENT
REPORT = _named(
    "time datetime oid o user ap gw sw site mac bytes rx_bytes tx_bytes wan-rx_bytes"
    " wan-tx_bytes wan2-rx_bytes wan2-tx_bytes num_sta wlan-num_sta lan-num_sta guest-num_sta"
    " user-num_sta wlan_bytes signal satisfaction rx_rate tx_rate rx_retries tx_retries"
    " tx_packets rx_packets ng-tx_bytes ng-rx_bytes ng-num_sta na-tx_bytes na-rx_bytes"
    " na-num_sta 6e-tx_bytes 6e-rx_bytes 6e-num_sta cpu mem loadavg_1 loadavg_5 loadavg_15"
    " latency_avg latency_min latency_max xput_download xput_upload latency wifi_tx_attempts"
    " wifi_tx_dropped"
)
SPEEDTEST = _SPEEDTEST

DEVICE_ACCESS = _named(
    "key ssh_enabled ssh_password_login led_enabled auto_upgrade auto_upgrade_hour"
    " advanced_feature_enabled alert_enabled site_id"
)
