/*
 * Frames: the device is the NIC end of any `-netdev`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lauberhorn.h"

void lauberhorn_give_frame(LauberhornState *s, const uint8_t *frame,
                           size_t length)
{
    lauberhorn_model_receive(s->model, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
                             frame, length);
    lauberhorn_run_outputs(s);
}

void lauberhorn_clear_frames(GQueue *frames)
{
    GBytes *frame;

    while ((frame = g_queue_pop_head(frames))) {
        g_bytes_unref(frame);
    }
}

static bool network_can_receive(NetClientState *client)
{
    LauberhornState *s = qemu_get_nic_opaque(client);

    return !s->lockstep || lauberhorn_lockstep_has_room(s);
}

static ssize_t network_receive(NetClientState *client, const uint8_t *frame,
                               size_t length)
{
    LauberhornState *s = qemu_get_nic_opaque(client);

    if (s->lockstep) {
        lauberhorn_lockstep_queue(s, frame, length);
    } else {
        lauberhorn_give_frame(s, frame, length);
    }
    return length;
}

static NetClientInfo network_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .can_receive = network_can_receive,
    .receive = network_receive,
};

void lauberhorn_init_network(LauberhornState *s)
{
    DeviceState *dev = DEVICE(s);

    s->nic = qemu_new_nic(&network_info, &s->nic_conf,
                          object_get_typename(OBJECT(s)), dev->id,
                          &dev->mem_reentrancy_guard, s);
    qemu_format_nic_info_str(qemu_get_queue(s->nic), s->nic_conf.macaddr.a);
}

void lauberhorn_exit_network(LauberhornState *s)
{
    qemu_del_nic(s->nic);
    s->nic = NULL;
}
